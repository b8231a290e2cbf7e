"""Every regular expression of the project takes time in proportion to the text, whatever the text.

They are found by their calls in the sources and as values of the modules; each is used as the code uses it, on texts
that double. Two times of one pattern are compared, never a time with a clock's.
"""

from __future__ import annotations

import ast
import importlib
import re
import time
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[1]
WINGS = ("kb", "ingest", "server", "faq")
METHODS = frozenset({"match", "fullmatch", "search", "sub", "subn", "split", "findall", "finditer"})
SIZES = [100 * 2**step for step in range(11)]  # to 102,400 characters; the first end soon whatever the pattern
MOST = 3.0  # times the time for twice the text: 2 is linear, 4 quadratic
NOTHING_SECONDS = 0.05  # that are too few to compare; a quadratic pattern takes them at a tenth of the last size
PIECES = ("a", " ", "\n", "0", "中", "<", "[", "-", "a ", "a.", "://a:", "**a")


def sources() -> list[Path]:
    checks = [*(ROOT / "content" / "checks").glob("*.py"), *(ROOT / "tools" / "checks").rglob("*.py")]
    return sorted([*(path for wing in WINGS for path in (ROOT / wing).rglob("*.py")), *checks])


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def calls(path: Path) -> Iterator[tuple[str, str, ast.Call]]:
    """Yield each call `owner.method(…)`: the owner's last name, the method, the call."""
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            owner = node.func.value
            yield getattr(owner, "id", getattr(owner, "attr", "")), node.func.attr, node


def written() -> dict[tuple[str, int], set[str]]:
    """Return the patterns that stand in calls such as `re.sub("…", …)`, with their flags and how they are used."""
    found: dict[tuple[str, int], set[str]] = {}
    for path in sources():
        for owner, method, call in calls(path):
            first = call.args[0] if call.args else None
            if owner == "re" and method in METHODS and isinstance(first, ast.Constant) and isinstance(first.value, str):
                found.setdefault((first.value, 0), set()).add(method)
    return found


def held() -> dict[tuple[str, int], set[str]]:
    """Return the patterns that are values of modules, alone or in a table, and how they are used by their names."""
    used: dict[str, set[str]] = {}
    for path in sources():
        for owner, method, _ in calls(path):
            if method in METHODS:
                used.setdefault(owner, set()).add(method)
    found: dict[tuple[str, int], set[str]] = {}
    for path in (path for wing in WINGS for path in sorted((ROOT / wing).rglob("*.py"))):
        if not any(owner == "re" for owner, _, _ in calls(path)) or path.name == "__main__.py":
            continue
        parts = path.relative_to(ROOT).with_suffix("").parts
        module = importlib.import_module(".".join(("faqkb", *parts)).removesuffix(".__init__"))
        for name, value in vars(module).items():
            for pattern in patterns_in(value):
                found.setdefault((pattern.pattern, pattern.flags), set()).update(used.get(name) or {"search"})
    return found


def patterns_in(value: Any, depth: int = 3) -> Iterator[re.Pattern[str]]:
    if isinstance(value, re.Pattern) and isinstance(value.pattern, str):
        yield value
    elif depth and isinstance(value, dict):
        yield from (found for one in value.values() for found in patterns_in(one, depth - 1))
    elif depth and isinstance(value, list | tuple | set | frozenset):
        yield from (found for one in value for found in patterns_in(one, depth - 1))


def seconds(pattern: re.Pattern[str], method: str, text: str) -> float:
    """Return the processor time of one use, the least of two where it is long."""
    given = ("", text) if method in {"sub", "subn"} else (text,)
    took = []
    while not took or (len(took) < 2 and took[0] > NOTHING_SECONDS):
        started = time.thread_time()
        found = getattr(pattern, method)(*given)
        if method == "finditer":
            list(found)
        took.append(time.thread_time() - started)
    return min(took)


def steep(pattern: re.Pattern[str], method: str, piece: str) -> str | None:
    """Return what tells that the time grows faster than the text, None where it does not."""
    before = 0.0
    for size in SIZES:
        # The last character lets no run of the piece match to the end of the text.
        took = seconds(pattern, method, (piece * (size // len(piece) + 1))[:size] + "\0")
        if took > NOTHING_SECONDS and took > MOST * before > 0:
            return f"{method} of {pattern.pattern[:80]!r} on {piece!r}: {before:.3f} s, then {took:.3f} s at {size:,}"
        before = took
    return None


def own_pieces(pattern: str) -> tuple[str, ...]:
    """Return what the pattern itself is made of, as texts to repeat: its words and its signs."""
    plain = re.sub(r"\\[a-zA-Z]|\(\?[a-zA-Z<!=:P]*", " ", pattern)
    words = re.findall(r"[^\W_]+", plain)[:2]
    return (*words, *(f"{word} " for word in words))


def test_a_pattern_that_is_not_linear_is_found() -> None:
    assert steep(re.compile(r"\s+$"), "search", " ")
    assert steep(re.compile(r"\w+@"), "search", "a")
    assert not steep(re.compile(r"(?<!\w)\w++@"), "search", "a")


def all_patterns() -> dict[tuple[str, int], set[str]]:
    found = held()
    for key, methods in written().items():
        found.setdefault(key, set()).update(methods)
    return found


@pytest.mark.parametrize("half", [0, 1])
def test_every_pattern_is_linear(half: int) -> None:
    found = sorted(all_patterns().items())
    assert len(found) > 80
    slow = []
    for (source, flags), methods in found[half::2]:
        pattern = re.compile(source, flags)
        for method in sorted(methods):
            told = (steep(pattern, method, piece) for piece in (*PIECES, *own_pieces(source)))
            slow += [next(filter(None, told), None)]
    assert [one for one in slow if one] == []
