#!/usr/bin/env bash
# Makes .venv-txtai, the environment of the peer that the benchmarks compare with. Runs once; again only after a change.
set -euo pipefail
cd "$(dirname "$0")/.."
venv=.venv-txtai
wanted=$(sha256sum benchmarks/requirements-txtai.txt | cut -c1-16)
if [ "$(cat "$venv/made-from" 2>/dev/null)" = "$wanted" ]; then exit 0; fi
echo "making $venv with txtai (about two minutes, 1.5 GB)" >&2
"${PYTHON:-python3.11}" -m venv --clear "$venv"
echo '*' > "$venv/.gitignore"
"$venv/bin/pip" install --quiet --requirement benchmarks/requirements-txtai.txt
echo "$wanted" > "$venv/made-from"
