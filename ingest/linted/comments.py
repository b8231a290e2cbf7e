"""`<!-- faq-lint off=RULE -->`: turns rules off for one question, or, above the first one, for the file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from faqkb.ingest.linted.catalogue import RULES
from faqkb.ingest.linted.findings import Finding
from faqkb.ingest.linted.reading import Linted
from faqkb.ingest.page.model import Kind

_PREFIX = "faq-lint"
_OFF = "off="


@dataclass(frozen=True, slots=True)
class Silence:
    """Where rules do not look."""

    rules: frozenset[str]
    first: int
    """1-based line."""
    last: int

    def covers(self, finding: Finding) -> bool:
        """Whether it is about a place that the author has looked at."""
        return finding.rule in self.rules and self.first <= finding.line <= self.last


def silences(linted: Linted) -> list[Silence]:
    """Return where the comments of a file turn rules off."""
    found = []
    for line, start, rules in _comments(linted):
        known = frozenset(rules) & RULES.keys()
        if known:
            first, last = _extent(linted, line, start)
            found.append(Silence(known, first, last))
    return found


def unknown_rules(linted: Linted) -> Iterator[Finding]:
    """Yield each comment that names a rule there is not, or none."""
    for line, _, rules in _comments(linted):
        unknown = [rule for rule in rules if rule not in RULES]
        if unknown or not rules:
            what = f"no rule is called {unknown[0][:60]}" if unknown else "the faq-lint comment names no rule"
            fix = "write <!-- faq-lint off=RULE -->, rules with commas between; `faq lint --rules` lists them"
            yield Finding(linted.name, line, "unknown-rule", what, fix)


def _comments(linted: Linted) -> Iterator[tuple[int, int, Sequence[str]]]:
    """Yield (line, offset, rules named) of each comment meant for us."""
    for block in linted.page.blocks:
        text = block.text.strip() if block.kind is Kind.COMMENT else ""
        head, _, rest = text.partition(" ")
        if head == _PREFIX:
            names = rest.strip().removeprefix(_OFF).replace(",", " ").split() if rest.strip().startswith(_OFF) else []
            yield block.line, block.start, names


def _extent(linted: Linted, line: int, start: int) -> tuple[int, int]:
    """Return the lines of the question around a comment; above the first question all of the file."""
    page = linted.page
    spans = [one.span for one in linted.chosen]
    if not spans or start < spans[0].start:
        return 1, len(page.line_starts)
    for span in spans:
        if span.start <= start < max(span.answer_end, span.start + 1):
            return span.line, page.line_at(max(span.answer_end - 1, span.start))
    return line, line + 1
