#!/usr/bin/env bash
# Makes .venv-milvus, the environment of the Milvus server that `make test-milvus` runs. Runs once; again after a change.
set -euo pipefail
cd "$(dirname "$0")/.."
venv=.venv-milvus
wanted=$(sha256sum tools/requirements-milvus.txt | cut -c1-16)
if [ "$(cat "$venv/made-from" 2>/dev/null)" = "$wanted" ]; then exit 0; fi
echo "making $venv with a Milvus server (a minute, 200 MB)" >&2
"${PYTHON:-python3.11}" -m venv --clear "$venv"
echo '*' > "$venv/.gitignore"
"$venv/bin/pip" install --quiet --requirement tools/requirements-milvus.txt
echo "$wanted" > "$venv/made-from"
