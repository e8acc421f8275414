#!/bin/sh
# Fails on a header that doesn't compile alone: whoever includes it must not have to know what to include before it.
set -eu

failed=0
for header in $(find include -name '*.h' -type f | LC_ALL=C sort); do
    echo "#include \"${header#include/}\"" |
        gcc -std=gnu17 -D_GNU_SOURCE -DASGI_INIT_VERSION='""' -DLIBCAP_NG_VERSION='""' -Wall -Wextra -Werror -iquote include \
            -fsyntax-only -x c - || {
        echo "$header: doesn't compile alone"
        failed=1
    }
done
exit "$failed"
