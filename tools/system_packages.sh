#!/bin/sh
# Installs what the tests need and pip cannot give: Chromium for the pages, a Chinese font for its screenshots.
# Only as root on a system with apt; elsewhere the tests that need them say so.
set -eu
command -v chromium >/dev/null && exit 0
if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
    echo "chromium is not installed: the browser tests will be skipped (Debian: apt-get install chromium fonts-noto-cjk)" >&2
    exit 0
fi
echo "installing chromium and a Chinese font (a minute)" >&2
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq >&2
apt-get install -y -qq --no-install-recommends chromium fonts-noto-cjk >/dev/null
