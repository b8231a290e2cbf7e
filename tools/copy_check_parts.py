"""Copy the parts that checks share from their one source into every check; `--check` only says which differ.

A part stands between `# --- part NAME: …` and `# --- end of part NAME ---`. A check is one file that runs by itself, so
it carries a copy of each part it uses; a test asserts that all copies are the source.
"""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SOURCES = {
    "contract": ROOT / "faq" / "checks" / "skeleton.py",
    **{path.stem: path for path in sorted((ROOT / "tools" / "check_parts").glob("*.py"))},
}
CHECKS = ROOT / "content" / "checks"


def part_of(script: str, name: str) -> str | None:
    """Return a part of a script with its first and last line, None where the script has no such part."""
    start = script.find(f"# --- part {name}:")
    end_line = f"# --- end of part {name} ---\n"
    end = script.find(end_line, start)
    return script[start : end + len(end_line)] if 0 <= start < end else None


def with_parts(script: str) -> str:
    """Return a script with each of its parts as in the source."""
    for name, source in SOURCES.items():
        wanted, own = part_of(source.read_text(encoding="utf-8"), name), part_of(script, name)
        assert wanted, f"{source} holds no part {name}"
        if own:
            script = script.replace(own, wanted)
    return script


def main() -> int:
    """Copy, or with `--check` only compare; the exit code is 1 when a copy differs."""
    only_compare = "--check" in sys.argv[1:]
    differing = []
    for path in sorted(CHECKS.glob("*.py")):
        script = path.read_text(encoding="utf-8")
        wanted = with_parts(script)
        if wanted != script:
            differing.append(path)
            if not only_compare:
                path.write_text(wanted, encoding="utf-8")
    for path in differing:
        print(f"{path.relative_to(ROOT)}: {'differs' if only_compare else 'updated'}")
    return 1 if only_compare and differing else 0


if __name__ == "__main__":
    sys.exit(main())
