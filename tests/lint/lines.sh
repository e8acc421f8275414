#!/bin/sh
# Fails on a line that is too long for a screen. Of C the formatter keeps code to 120 columns, but it breaks no comments, no
# strings and no tables that are laid out by hand: 132 for these. 140 for everything else that we write but prose.
set -eu

export LC_ALL=C.UTF-8 # a character is a column

ours() {
    find . \( -path ./build -o -path ./.git -o -path ./tests/golden -o -path ./tests/fuzz/corpus \) -prune -o \
        -type f ! -name LICENSE ! -name '*.md' "$@" -print0 | sort -z
}

failed=0
ours -name '*.[ch]' | xargs -0 -r grep -HnE '.{133}' && failed=1
ours ! -name '*.[ch]' | xargs -0 -r grep -HnIE '.{141}' && failed=1
[ "$failed" = 0 ] || echo 'these lines are too long'
exit "$failed"
