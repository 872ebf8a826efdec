#!/bin/sh
# Writes the lock files again from pyproject.toml; needs uv on the PATH.
set -eu
cd "$(dirname "$0")/.."
lock() {
    name=$1
    shift
    uv pip compile pyproject.toml "$@" --universal --python-version 3.11 --no-emit-index-url \
        --no-header --no-annotate --generate-hashes --quiet --output-file "requirements/$name.lock"
}
lock run
lock full --extra train --extra review --extra s3
lock image --extra review --extra s3
lock s3 --extra s3
lock train --extra train
lock review --extra review
lock test --extra train --extra review --extra test
