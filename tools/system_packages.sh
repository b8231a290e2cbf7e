#!/bin/sh
# Installs what the tests need and pip cannot give: Chromium for the pages, a Chinese font for its screenshots, systemd's
# checker for the unit, strace to see what leaves the machine, and Node for the chat clients written in JavaScript.
# Only as root on a system with apt; elsewhere the tests that need them say so.
set -eu
packages=
command -v chromium >/dev/null || packages="chromium fonts-noto-cjk"
command -v systemd-analyze >/dev/null || packages="$packages systemd"
command -v strace >/dev/null || packages="$packages strace"
command -v npm >/dev/null || packages="$packages nodejs npm"
[ "$packages" ] || exit 0
if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
    echo "not installed: $packages; the tests that need them will be skipped (Debian: apt-get install $packages)" >&2
    exit 0
fi
echo "installing $packages (a minute)" >&2
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq >&2
# shellcheck disable=SC2086 # several words on purpose
apt-get install -y -qq --no-install-recommends $packages >/dev/null
