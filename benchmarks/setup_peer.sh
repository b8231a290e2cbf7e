#!/usr/bin/env bash
# Makes .venv-NAME, the environment of a peer that the benchmarks compare with (`setup_peer.sh txtai`, `… haystack`).
# Runs once; again only after a change of its requirements.
set -euo pipefail
cd "$(dirname "$0")/.."
name=${1:?txtai or haystack}
venv=.venv-$name
requirements=benchmarks/requirements-$name.txt
wanted=$(sha256sum "$requirements" | cut -c1-16)
if [ "$(cat "$venv/made-from" 2>/dev/null)" = "$wanted" ]; then exit 0; fi
echo "making $venv with $name (about two minutes, 1.5 GB)" >&2
"${PYTHON:-python3.11}" -m venv --clear "$venv"
echo '*' > "$venv/.gitignore"
"$venv/bin/pip" install --quiet --requirement "$requirements"
echo "$wanted" > "$venv/made-from"
