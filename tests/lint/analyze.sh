#!/bin/sh
# Fails on what an analyzer finds in init/.
#
#   tests/lint/analyze.sh gcc|cppcheck
set -eu

sources=$(find init -name '*.c' -type f | LC_ALL=C sort)
case ${1:?usage: analyze.sh gcc|cppcheck} in
gcc)
    for source in $sources; do
        echo "$source"
    done | xargs -P 2 -n 1 gcc -std=gnu17 -D_GNU_SOURCE -DASGI_INIT_VERSION='""' -DLIBCAP_NG_VERSION='""' -iquote include -O1 \
        -fanalyzer -Wall -Wextra -Werror -S -o /dev/null
    ;;
cppcheck)
    # Not what holds for every C library but ours: NULL is a pointer in musl and in glibc. Nor a loop over a string that ends at
    # its zero byte and also at a length.
    # shellcheck disable=SC2086 # a list of files without spaces
    cppcheck --quiet -j 2 --std=c11 --enable=warning,performance,portability --inline-suppr --error-exitcode=1 \
        -D_GNU_SOURCE -DASGI_INIT_VERSION='""' -DLIBCAP_NG_VERSION='""' -I include \
        --suppress=missingIncludeSystem --suppress=varFuncNullUB \
        --suppress=arrayIndexThenCheck $sources
    ;;
esac
