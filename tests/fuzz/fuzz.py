"""Feeds the targets: `make fuzz SECONDS=600 TARGET=markdown`, without TARGET all of them in turn.

Where atheris is installed, it follows which lines an input reaches; else inputs of the corpus are changed at random.
What breaks a promise is written into the corpus of its target, to be kept with the fix. `executions.toml` holds how
many inputs were tried in all.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib.util
import random
import re
import subprocess
import sys
import time
import tomllib
from collections.abc import Iterator
from pathlib import Path

HERE = Path(__file__).resolve().parent
CORPUS, WORDS, EXECUTIONS = HERE / "corpus", HERE / "words", HERE / "executions.toml"
LONGEST = 8_192  # bytes of an input: what breaks does so in little
_ESCAPED = re.compile(r'\\(?:x([0-9A-F]{2})|(["\\]))')
_INTERESTING = (b"\0", b"\n", b"\r", b"\xff", b"\xef\xbb\xbf", "\u2028".encode(), "\u202e".encode(), b"9" * 4_301)


def seeds_of(target: str) -> list[bytes]:
    """Return the corpus of a target: seeds, and every input that once broke a promise."""
    return [path.read_bytes() for path in sorted((CORPUS / target).iterdir())]


def words_of(target: str) -> list[bytes]:
    """Return what inputs of a target are made of, from its dictionary in libFuzzer's format."""
    lines = (WORDS / f"{target}.dict").read_text(encoding="ascii").splitlines()
    return [
        _ESCAPED.sub(lambda found: chr(int(found[1], 16)) if found[1] else found[2], line[1:-1]).encode("latin-1")
        for line in lines
    ]


def inputs(target: str, seed: int) -> Iterator[bytes]:
    """Yield the corpus, then changed and invented inputs without end; the same for the same seed."""
    rng, seeds, words = random.Random(seed), seeds_of(target), [*words_of(target), *_INTERESTING]
    yield from seeds
    while True:
        if rng.random() < 0.3:
            yield b"".join(rng.choices(words, k=rng.randint(1, 60)))
        else:
            content = rng.choice(seeds)
            for _ in range(rng.choice((1, 1, 2, 4, 8))):
                content = _changed(content, rng, words, seeds)
            yield content[:LONGEST]


def _changed(content: bytes, rng: random.Random, words: list[bytes], seeds: list[bytes]) -> bytes:
    """Return the content with one change."""
    start = rng.randint(0, len(content))
    end = min(len(content), start + rng.choice((0, 1, 1, 4, 16, 64)))
    piece = content[start:end]
    other = rng.choice(seeds)
    at = rng.randint(0, len(other))
    instead = rng.choice(
        (
            rng.choice(words),
            rng.choice(words),
            b"",
            rng.randbytes(rng.choice((1, 1, 2, 4))),
            piece * rng.choice((2, 2, 3, 40)),
            other[at : at + rng.choice((4, 32, 256))],
            bytes([piece[0] ^ 1 << rng.randrange(8)]) + piece[1:] if piece else b"",
        )
    )
    return content[:start] + instead + content[end:]


def run_changes(target: str, seconds: float, seed: int | None = None) -> tuple[int, bytes | None]:
    """Feed a target changed inputs for so long, others each time without a seed.

    Returns how many, and the one that broke a promise.
    """
    from targets import TARGETS  # here, for atheris watches what is imported after it

    until = time.monotonic() + seconds
    for count, content in enumerate(inputs(target, random.SystemRandom().randrange(1 << 32) if seed is None else seed)):
        if time.monotonic() > until:
            return count, None
        try:
            TARGETS[target](content)
        except Exception as error:  # noqa: BLE001 - whatever it is: it is what is looked for
            print(f"{target}: {type(error).__name__}: {str(error)[:500]}")
            return count + 1, content
    raise AssertionError("inputs do not end")


def run_atheris(target: str, seconds: float) -> None:
    """Feed a target what atheris thinks of; ends the process. A broken promise is printed with its traceback."""
    import atheris

    with atheris.instrument_imports(include=["faqkb"]):
        from targets import TARGETS
    found = HERE.parents[1] / "build" / "fuzz" / target  # grows; only what broke a promise is kept
    found.mkdir(parents=True, exist_ok=True)
    options = [f"-max_total_time={int(seconds)}", f"-dict={WORDS / target}.dict", f"-max_len={LONGEST}", "-timeout=30"]
    options += [f"-artifact_prefix={CORPUS / target}/", "-print_final_stats=1", "-rss_limit_mb=4096"]
    atheris.Setup([sys.argv[0], *options, str(found), str(CORPUS / target)], TARGETS[target])
    atheris.Fuzz()


def run_watched(target: str, seconds: float) -> tuple[int, bool]:
    """Run atheris in a process of its own; return how many inputs it tried, and whether no promise was broken."""
    command = [sys.executable, __file__, "--target", target, "--seconds", str(seconds), "--watch-lines"]
    done = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False)
    counted = re.search(r"stat::number_of_executed_units: (\d+)", done.stderr)
    if done.returncode or not counted:
        print(done.stdout[-3_000:], done.stderr[-3_000:], sep="\n")
    return int(counted[1]) if counted else 0, done.returncode == 0


def count_in(target: str, more: int) -> int:
    """Add to the executions of a target and return their total."""
    totals = tomllib.loads(EXECUTIONS.read_text(encoding="ascii")) if EXECUTIONS.exists() else {}
    totals[target] = totals.get(target, 0) + more
    EXECUTIONS.write_text("".join(f"{name} = {count}\n" for name, count in sorted(totals.items())), encoding="ascii")
    return int(totals[target])


def main() -> int:
    """Return 0 when no promise was broken."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--target", action="append", choices=sorted(path.name for path in CORPUS.iterdir()))
    options.add_argument("--seconds", type=float, default=60.0, help="for each target")
    options.add_argument("--changes", action="store_true", help="change the corpus at random, though atheris is there")
    options.add_argument("--watch-lines", action="store_true", help="run atheris in this very process")
    given = options.parse_args()
    watched = importlib.util.find_spec("atheris") is not None and not given.changes
    if given.watch_lines:
        run_atheris(given.target[0], given.seconds)
    whole = True
    for target in given.target or sorted(path.name for path in CORPUS.iterdir()):
        if watched:
            count, held = run_watched(target, given.seconds)
        else:
            count, broke = run_changes(target, given.seconds)
            held = broke is None
            if broke is not None:
                kept = CORPUS / target / f"crash-{hashlib.sha1(broke, usedforsecurity=False).hexdigest()}"
                kept.write_bytes(broke)
                print(f"kept as {kept}")
        whole &= held
        print(f"{target}: {count:,} executions, {count_in(target, count):,} in total", flush=True)
    return 0 if whole else 1


if __name__ == "__main__":
    sys.path[:0] = [str(HERE.parent / "support")]
    sys.exit(main())
