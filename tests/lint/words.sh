#!/bin/sh
# Fails on words that have no business in the tree: hosts of package registries (a machine's own settings name them), paths of one
# machine, and how or by whom the text was written.
set -eu

# Each has a bracket, so that it doesn't find itself here.
words='(deb|security|snapshot|ftp)[.]debian[.]org
(archive|security|ports)[.]ubuntu[.]com
dl-cdn[.]alpinelinux
(pyp[i]|test[.]pyp[i]|files[.]pythonho[s]ted)[.]org
(registry-1|index|hub)[.]docker
(ghcr|quay|gcr)[.]io
crates[.]io
registry[.]npmjs
proxy[.]golang
artifact-?registr[y]
/work/(main|shared|[.]library)
/tmp/(wt|brief)([/]|$)
[.]pyenv
[a]nthropic
[c]laude
[c]hatgpt
[c]opilot
language[ ]model
sub-?[a]gent
\b(AI|LLM|CEO)[ -](generated|written|session|assistant|developer)[s]?\b
(this|previous|next|my|earlier)[ ]session\b
the[ ]brief\b
(design|style|failures|discovery|peers|platforms)[.]md'

found=$(find . \( -path ./build -o -path ./.git -o -name __pycache__ \) -prune -o -type f -print0 |
    LC_ALL=C sort -z | xargs -0 grep -InHE -i "$words" || true)
[ -z "$found" ] || {
    echo "$found"
    exit 1
}
