#!/bin/sh
# Fails on what shellcheck says of any shell script, and on what ruff says of any Python file: syntax, names that don't exist, imports
# that nobody uses. (F811 takes a fixture that is imported and then asked for by a test as a redefinition.)
set -eu

kind() {
    find . \( -path ./build -o -path ./.git -o -path ./tests/fuzz/corpus \) -prune -o -type f -print |
        LC_ALL=C sort | while read -r file; do
        case $file in
        *.py) echo "python $file" ;;
        *.sh) echo "shell $file" ;;
        *)
            case $(head -c 64 "$file" | tr -d '\0' | head -n 1) in
            '#!'*python*) echo "python $file" ;;
            '#!'*sh*) echo "shell $file" ;;
            esac
            ;;
        esac
    done | sed -n "s/^$1 //p"
}

failed=0
kind shell | xargs -r shellcheck || failed=1
ruff=build/tools/venv/bin/ruff
[ -x "$ruff" ] || ruff=ruff
kind python | xargs -r "$ruff" check --no-cache --quiet --isolated --target-version py311 --select E4,E7,E9,F --ignore F811 || failed=1
exit "$failed"
