#!/bin/sh
# Fails on an include that runs upward or sideways between the layers, each of which is a folder of init/ and of include/:
#
#   main.c > commands > process | checks > facts > base        (process and checks don't know each other)
#
# A file may include headers of its own layer and of those below. libcap-ng's header belongs to process/ alone. Within a layer
# no includes run in a circle, where the .c and the .h of one name are one module.
set -eu

# shellcheck disable=SC2016 # awk's own $
find init include -name '*.[ch]' -type f | LC_ALL=C sort | xargs awk '
    function rank_of(layer) {
        return index(" base facts checks process commands main ", " " layer " ")
    }
    function bad(text) {
        print FILENAME ":" FNR ": " text
        failed = 1
    }
    FNR == 1 {
        count = split(FILENAME, part, "/")
        own = count > 2 ? part[2] : "main"
        if (!rank_of(own) || count > 3 || (own == "main" && FILENAME != "init/main.c"))
            bad("lies in none of the layers")
    }
    /^[ \t]*#[ \t]*include[ \t]*"/ {
        split($0, quoted, "\"")
        if (!(slash = index(quoted[2], "/"))) {
            bad("\"" quoted[2] "\" has no folder: write \"LAYER/NAME.h\"")
            next
        }
        layer = substr(quoted[2], 1, slash - 1)
        if (!rank_of(layer))
            bad("\"" quoted[2] "\" lies in none of the layers")
        else if ((layer == "checks" && own == "process") || (layer == "process" && own == "checks"))
            bad("sideways include: " own " must not know " layer)
        else if (rank_of(layer) > rank_of(own))
            bad("upward include: " own " must not know " layer)
    }
    /^[ \t]*#[ \t]*include[ \t]*<cap-ng.h>/ && own != "process" {
        bad("only process/ may include cap-ng.h")
    }
    END { exit failed }
'

find init include -name '*.[ch]' -type f | LC_ALL=C sort | xargs grep -H '^[[:blank:]]*#[[:blank:]]*include[[:blank:]]*"' |
    sed 's,^[a-z]*/\(.*\)\.[ch]:.*"\(.*\)\..*",\1 \2,' | tsort >/dev/null || {
    echo 'includes run in a circle'
    exit 1
}
