#!/bin/sh
# Fails when a generated part of README.md isn't what the binary says. `make docs` writes it anew.
set -eu

.ci/docs --check
