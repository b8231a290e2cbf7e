"""Assemble every check from its own source and the parts it is made of; `--check` only says which differ.

A check is one file that runs by itself, so each carries the parts it uses: what several share, or one job of a long
one. `tools/checks/ID.py` is its own source: a line `# --- part NAME ---` in it stands for a part. Part `contract` is in
the skeleton that `faq check new` writes, all others are in `tools/checks/parts/NAME.py`, each from such a line to
`# --- end of part NAME ---`.
"""

from __future__ import annotations

import re
import sys
import textwrap
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SOURCES = ROOT / "tools" / "checks"
ASSEMBLED = ROOT / "content" / "checks"
PARTS = {
    "contract": ROOT / "faq" / "checks" / "skeleton.py",
    **{path.stem: path for path in sorted((SOURCES / "parts").glob("*.py"))},
}
_PLACE = re.compile(r"^# --- part (\w+) ---\n", re.MULTILINE)


def read_part(name: str) -> str:
    """Return a part with its first and last line; ends the program where there is none of that name."""
    if name not in PARTS:
        raise SystemExit(f"there is no part {name}; name one of {', '.join(PARTS)}, or write {SOURCES}/parts/{name}.py")
    lines = rf"^# --- part {name}(: [^\n]*)? ---\n.*?^# --- end of part {name} ---\n"
    found = re.search(lines, PARTS[name].read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    if not found:
        raise SystemExit(f"{PARTS[name]} holds no part {name}; give it its first and last line")
    return found[0]


def assemble(source: Path) -> str:
    """Return the check of an own source: what it is made from, then the source with each part in its place."""
    own = source.read_text(encoding="utf-8")
    return _made_from(source.stem, _PLACE.findall(own)) + _PLACE.sub(lambda place: read_part(place[1]), own)


def _made_from(check_id: str, parts: list[str]) -> str:
    """Return the lines that begin an assembled file."""
    *most, last = parts
    named = f"parts {', '.join(most)} and {last}" if most else f"part {last}"
    made_from = textwrap.fill(
        f"Made from tools/checks/{check_id}.py and the {named}",
        width=120,
        initial_indent="# ",
        subsequent_indent="# ",
        break_on_hyphens=False,
    )
    return f"{made_from}\n# by `python tools/assemble_checks.py`; change those, not this file.\n\n"


def main() -> int:
    """Write the checks, or with `--check` only compare; the exit code is 1 when one of them differs."""
    only_compare = "--check" in sys.argv[1:]
    differing = 0
    for source in sorted(SOURCES.glob("*.py")):
        path, wanted = ASSEMBLED / source.name, assemble(source).encode()
        if not path.exists() or path.read_bytes() != wanted:
            differing += 1
            print(f"{path.relative_to(ROOT)}: {'differs' if only_compare else 'written'}")
            if not only_compare:
                path.write_bytes(wanted)
    return 1 if only_compare and differing else 0


if __name__ == "__main__":
    sys.exit(main())
