"""Fetches ONNX Runtime for browsers by npm, once, checks it, and puts it where `faq export --search meaning` looks.

    python tools/site_runtime.py [FILE]

FILE is another place for the package, to be named by `--runtime`.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from faqkb.kb.errors import ExportRefused
from faqkb.server.site.runtime import PACKAGE_FILE, VERSION, default_package, runtime_files


def main() -> int:
    """Return 0 when the package is there and whole, 1 after saying why not."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", nargs="?", type=Path, default=default_package())
    place: Path = parser.parse_args().file
    try:
        runtime_files(place)
    except ExportRefused:
        npm = shutil.which("npm")
        if npm is None:
            print("npm is not installed; Debian: apt-get install npm", file=sys.stderr)
            return 1
        return fetch(npm, place)
    return 0


def fetch(npm: str, place: Path) -> int:
    """Have npm fetch the package, and move it to its place when its bytes are the published ones."""
    place.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=place.parent) as folder:
        command = [npm, "pack", "--silent", f"onnxruntime-web@{VERSION}"]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=300)
        if done.returncode:
            print(f"npm pack failed: {done.stderr[-300:]}", file=sys.stderr)
            return 1
        fetched = Path(folder) / PACKAGE_FILE
        try:
            runtime_files(fetched)
        except ExportRefused as error:
            print(error, file=sys.stderr)
            return 1
        fetched.replace(place)
    print(f"fetched {place}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
