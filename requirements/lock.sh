#!/bin/sh
# Writes the three lock files again from pyproject.toml; needs uv on the PATH.
set -eu
cd "$(dirname "$0")/.."
for extra in run train test; do
    uv pip compile pyproject.toml $([ $extra = run ] || echo --extra $extra) \
        --universal --python-version 3.11 --no-emit-index-url --no-header --no-annotate \
        --generate-hashes -q -o requirements/$extra.lock "$@"
done
