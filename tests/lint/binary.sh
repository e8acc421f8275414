#!/bin/sh
# The gate for the shipped file: static, position independent, hardened, and within its size.
#
#   tests/lint/binary.sh FILE [MORE]
#
# size.budget beside this script has the greatest size in bytes for each machine; MORE is what this machine's toolchain adds to it.
# On arm64, whose kernels may have pages of 64 KiB, each of the four segments is filled up to that.
#
# readelf is asked and not `file` or the compiler: musl-gcc -static-pie exits 0 with a dynamic program.
set -eu

file=${1:?usage: binary.sh FILE [MORE]}
more=${2:-0}
failed=0
bad() {
    echo "binary.sh: $file: $1" >&2
    failed=1
}

header=$(LC_ALL=C readelf -hW "$file")
segments=$(LC_ALL=C readelf -lW "$file")
dynamic=$(LC_ALL=C readelf -dW "$file")
symbols=$(LC_ALL=C readelf -sW "$file")

has() {
    printf '%s\n' "$1" | grep -qE "$2"
}

has "$header" 'Type: +DYN' || bad 'is not position independent (ELF type is not DYN)'
! has "$segments" '^ +INTERP' || bad 'needs a program interpreter (PT_INTERP): it is not static'
! has "$dynamic" '\(NEEDED\)' || bad 'needs a shared library (DT_NEEDED): it is not static'
has "$segments" '^ +GNU_RELRO' || bad 'has no PT_GNU_RELRO'
has "$dynamic" 'BIND_NOW|FLAGS_1.*NOW' || bad 'is not bound at start (no BIND_NOW: only partial RELRO)'
! has "$dynamic" 'TEXTREL' || bad 'relocates its own code (DT_TEXTREL)'
has "$segments" '^ +GNU_STACK' || bad 'has no PT_GNU_STACK, so its stack is executable'
! has "$segments" '^ +GNU_STACK .* RWE ' || bad 'has an executable stack'
! has "$segments" '^ +LOAD .* RWE ' || bad 'has a segment that is both writable and executable'
! has "$symbols" "Symbol table '\.symtab'" || bad 'is not stripped'

machine=$(printf '%s\n' "$header" | sed -n 's/^ *Machine:.* //p')
budget=$(sed -n "s/^$machine //p" "$(dirname "$0")/size.budget")
size=$(wc -c <"$file")
[ -n "$budget" ] || bad "is for $machine, of which size.budget has no line"
[ "$size" -le $((${budget:-$size} + more)) ] || bad "has $size bytes, more than the $budget of size.budget"
exit "$failed"
