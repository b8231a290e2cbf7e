"""The part that finds the line of a log that tells what went wrong."""

from __future__ import annotations

# --- part log_search ---
GAP = " … "  # between words of a signature: anything else, for a line or two
GAP_CHARS = 200
TRACEBACK = "Traceback (most recent call last)"
ERROR_WORDS = ("error", "exception", "fatal", "killed", "abort", "core dumped", "失败", "错误")


def find_error(lines: list[str], signatures: list[dict[str, Any]]) -> tuple[dict[str, Any], int] | None:
    """Return the first signature that the log holds, and the number of the line where its words begin."""
    folded = [" ".join(line.casefold().split()) for line in lines]
    whole = " ".join(line for line in folded if line)
    for signature in signatures:
        starts = [start for words in signature["words"] for start in [_start_of(whole, words)] if start >= 0]
        if starts:
            return signature, _line_at(folded, min(starts))
    return None


def _start_of(whole: str, words: str) -> int:
    """Return where the words of a signature begin, -1 where they are not: parts in order, each near the one before."""
    first, *others = words.casefold().split(GAP)
    start = whole.find(first)
    while start >= 0:
        at = start + len(first)
        for part in others:
            found = whole.find(part, at, at + GAP_CHARS + len(part))
            if found < 0:
                break
            at = found + len(part)
        else:
            return start
        start = whole.find(first, start + 1)
    return -1


def _line_at(folded: list[str], position: int) -> int:
    """Return the number of the line that holds a position of the joined text."""
    for number, line in enumerate(folded, 1):
        position -= len(line) + 1 if line else 0
        if position < 0:
            return number
    return len(folded)


def _first_error(lines: list[str]) -> int:
    """Return the number of the line that names the first error: the end of the first traceback; 0 without an error."""
    in_traceback = False
    for number, line in enumerate(lines, 1):
        if TRACEBACK in line:
            in_traceback = True
        elif in_traceback and line.strip() and not line.startswith((" ", "\t")):
            return number
    told = (number for number, line in enumerate(lines, 1) if any(word in line.casefold() for word in ERROR_WORDS))
    return next(told, 0)


# --- end of part log_search ---
