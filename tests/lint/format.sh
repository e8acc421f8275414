#!/bin/sh
# Fails where the C code isn't laid out as .clang-format says. `make format` lays it out.
set -eu

found=$(find init include tests -name '*.[ch]' -type f -print0 | LC_ALL=C sort -z |
    xargs -0 -r clang-format --dry-run -Werror 2>&1 | grep ': error:' || true)
[ -z "$found" ] || {
    echo "$found"
    echo 'make format lays it out'
    exit 1
}
