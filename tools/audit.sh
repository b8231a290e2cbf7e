#!/bin/sh
# Looks the locked versions up in the list of known holes. Without a connection to it that is said and nothing fails: a
# machine that reaches a package index alone can still test. A hole that is found fails.
set -u
cd "$(dirname "$0")/.."
for lock in requirements.lock requirements-dev.lock; do
    said=$(.venv/bin/pip-audit --disable-pip --require-hashes --progress-spinner off --timeout 20 \
        --requirement "$lock" 2>&1)
    code=$?
    if [ $code = 0 ]; then
        echo "audit: $lock: no known holes"
    elif echo "$said" | grep -q "known vulnerabilit"; then
        echo "$said" >&2
        exit 1
    else
        echo "audit: $lock was not looked up: $(echo "$said" | tail -n 1)" >&2
    fi
done
