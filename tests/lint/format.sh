#!/bin/sh
# Fails where the C code isn't laid out as .clang-format says. `make format` lays it out.
set -eu

find init include tests -name '*.[ch]' -type f -print0 | xargs -0 -r clang-format --dry-run -Werror
