#!/bin/sh
# Fails on a function of more than 70 lines, braces included, and prints the median of all.
set -eu

# shellcheck disable=SC2016 # awk's own $
find init -name '*.c' -type f | LC_ALL=C sort | xargs awk '
    FNR == 1 { start = 0 }
    { if ($0 !~ /^[{}]/) last_text = $0 }
    /^\{$/ {
        start = FNR
        name = last_text
        sub(/\(.*/, "", name)
        sub(/.*[ *]/, "", name)
    }
    /^\}$/ && start {
        print FNR - start + 1, FILENAME ":" start ":", name
        start = 0
    }
' | sort -n | awk '
    { lines[NR] = $1 }
    $1 > 70 { print $2, $3 " has " $1 " lines, and 70 are the most"; failed = 1 }
    END {
        if (NR) print NR " functions, median " lines[int((NR + 1) / 2)] " lines, longest " lines[NR]
        exit failed
    }
'
