"""Which reading each section takes: the one whose questions have most in their favour."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import sqrt

from faqkb.ingest.page.model import Block
from faqkb.ingest.readings.features import Place
from faqkb.ingest.readings.orders import FREE, Order
from faqkb.ingest.readings.proposals import (
    HEADINGS,
    WHOLE_FILE,
    Candidate,
    Finds,
    asking_texts,
    file_candidate,
    found_styles,
    heading_candidates,
    reading_of,
    style_candidates,
)
from faqkb.ingest.readings.scoring import WEIGHTS, score_of
from faqkb.ingest.readings.tree import Section
from faqkb.ingest.styles.fillers import is_filler, is_toc
from faqkb.ingest.styles.spans import Span
from faqkb.ingest.styles.words import is_aside, is_toc_title

BLEND = 0.7  # how far a text is drawn to what those beside it are: an author seldom changes his way for one question
_OWN_TEXT = frozenset({"own_text", "own_text_sure"})
_ORDERED = 100.0  # what an author's order adds, more than any text has against it


@dataclass(frozen=True, slots=True)
class Chosen:
    """A question that was read, and the headings above it."""

    span: Span
    above: tuple[Block, ...]


@dataclass(slots=True)
class Option:
    """One reading of a section."""

    style: str
    candidates: list[Candidate]
    scores: list[float]
    own_text: bool = False
    """A heading that its own text answers: the headings below it are read for themselves."""
    kept: list[Candidate] = field(init=False)
    """The questions that have more for them than against them."""
    total: float = field(init=False)
    """What these have in their favour."""

    def __post_init__(self) -> None:
        """Tell what is kept."""
        good = [pair for pair in zip(self.candidates, self.scores, strict=True) if pair[1] > 0]
        self.kept = [candidate for candidate, _ in good]
        self.total = sum(score for _, score in good)

    @property
    def value(self) -> float:
        """What the reading is worth; many weak questions do not outweigh few strong ones."""
        return _worth(self.total, len(self.kept))


@dataclass(slots=True)
class Verdict:
    """What a section is read as, and what it could have been."""

    section: Section
    options: list[Option] = field(default_factory=list)
    chosen: Option | None = None
    is_question: bool = False
    total: float = 0.0
    """Sum of the scores of all questions in it."""
    count: int = 0

    @property
    def value(self) -> float:
        """As of an option, over all that stands below it too."""
        return _worth(self.total, self.count)

    @property
    def absorbs(self) -> bool:
        """Whether all that stands below belongs to its answer."""
        return self.is_question and self.chosen is not None and not self.chosen.own_text

    def take(self, option: Option) -> None:
        """Choose a style for the text."""
        self.chosen = option
        self.total, self.count = option.total, len(option.kept)

    def consider(self, option: Option, below: Sequence[Verdict]) -> None:
        """Choose the heading as a question when that is worth more than what is chosen now."""
        if option.value <= 0:
            return
        total, count = option.value, 1
        if option.own_text:
            total += sum(verdict.total for verdict in below)
            count += sum(verdict.count for verdict in below)
        if _worth(total, count) > self.value:
            self.chosen, self.is_question = option, True
            self.total, self.count = total, count


def _worth(total: float, count: int) -> float:
    return total / sqrt(count) if count else 0.0


def judge(
    root: Section,
    place: Place,
    orders: Mapping[Section, Order],
    weights: Mapping[str, float] = WEIGHTS,
) -> dict[Section, Verdict]:
    """Return the verdict on each section, the root's among them."""
    found = found_styles(root)
    ordered = {section for section in root.walk() if _is_ordered(section, orders.get(section, FREE))}
    heads = heading_candidates(root, place, asking_texts(found), ordered)
    whole = file_candidate(root, place)
    if whole:
        heads[root] = [whole]
    verdicts: dict[Section, Verdict] = {}
    scores = _blended(heads, weights)
    for section in reversed(list(root.walk())):
        order = orders.get(section, FREE)
        verdict = verdicts[section] = Verdict(section)
        verdict.options = list(_by_styles(section, found, order, place, weights))
        best = max(verdict.options, key=lambda option: option.value, default=None)
        if best and best.value > 0:
            verdict.take(best)
        for child in section.children:
            verdict.total += verdicts[child].total
            verdict.count += verdicts[child].count
        for option in _as_question(section, heads.get(section, []), order, scores):
            verdict.options.append(option)
            verdict.consider(option, below=[verdicts[child] for child in section.children])
    return verdicts


def _blended(heads: Mapping[Section, list[Candidate]], weights: Mapping[str, float]) -> dict[Section, list[float]]:
    """Return the scores of headings, each drawn towards those of the headings beside it."""
    scores = {section: [score_of(one.features, weights) for one in found] for section, found in heads.items()}
    kinds = {section: _kind_of(section, found[0]) for section, found in heads.items()}
    groups: dict[tuple[object, ...], list[float]] = {}
    for section, own in scores.items():
        groups.setdefault(kinds[section], []).append(own[0])
    means = {kind: sum(own) / len(own) for kind, own in groups.items()}
    return {
        section: [score + _blend_of(heads[section][0]) * (means[kinds[section]] - own[0]) for score in own]
        for section, own in scores.items()
    }


def _blend_of(candidate: Candidate) -> float:
    """Return how far a text follows those beside it: statements are all questions, or none is."""
    return BLEND if candidate.features.get("group_asks") else 1.0


def _kind_of(section: Section, candidate: Candidate) -> tuple[object, ...]:
    """Return what headings share that are likely to play one part: the one above, their level, what is below."""
    return section.parent, section.level, bool(section.children), "no_content" in candidate.features


def _by_styles(
    section: Section,
    found: Mapping[str, Finds],
    order: Order,
    place: Place,
    weights: Mapping[str, float],
) -> Iterator[Option]:
    for style, finds in found.items():
        ordered = bool(order.style) and order.style == reading_of(style)
        if section not in finds.spans or order.skips or (order.style and not ordered):
            continue
        candidates = style_candidates(section, style, finds, place)
        scores = [score_of(one.features, weights) + _ORDERED * ordered for one in candidates]
        open_ones = [score for one, score in zip(candidates, scores, strict=True) if not one.features.get("closing")]
        mean = sum(open_ones) / max(len(open_ones), 1)
        blend = _blend_of(candidates[0])
        drawn = [
            score if one.features.get("closing") else score + blend * (mean - score)
            for one, score in zip(candidates, scores, strict=True)
        ]
        yield Option(style, candidates, drawn)


def _as_question(
    section: Section, candidates: Sequence[Candidate], order: Order, scores: Mapping[Section, list[float]]
) -> Iterator[Option]:
    """Yield the section's heading as a question over all that it holds, and over its own text alone."""
    if order.skips or (order.style and order.style != HEADINGS):
        return
    for candidate, score in zip(candidates, scores.get(section, ()), strict=True):
        ordered = _ORDERED if _is_ordered(section, order) else -_ORDERED
        total = score + ordered if order.style == HEADINGS and order.level else score
        style = HEADINGS if section.block else WHOLE_FILE
        yield Option(
            style, [candidate], [total], own_text=not {"own_text", "own_text_sure"}.isdisjoint(candidate.features)
        )


def _is_ordered(section: Section, order: Order) -> bool:
    """Whether an author says that the headings of this level are the questions."""
    return order.style == HEADINGS and order.level > 0 and section.level == order.level


def chosen_of(root: Section, verdicts: Mapping[Section, Verdict]) -> list[Chosen]:
    """Return the questions of the verdicts, in the order of the document, each with its answer closed."""
    found = list(_walk(root, verdicts))
    found.sort(key=lambda one: one.span.start)
    return _stacked(root, found)


def _walk(root: Section, verdicts: Mapping[Section, Verdict]) -> Iterator[Chosen]:
    waiting = [root]
    while waiting:
        section = waiting.pop()
        verdict = verdicts[section]
        if verdict.chosen and verdict.is_question:
            yield Chosen(verdict.chosen.candidates[0].span, _headings_above(section.parent, verdicts))
            waiting.extend(() if verdict.absorbs else section.children)
            continue
        if verdict.chosen:
            above = _headings_above(section, verdicts)
            yield from (Chosen(span, above) for span in _closed(section, verdict.chosen))
        waiting.extend(section.children)


def _closed(section: Section, option: Option) -> list[Span]:
    """Return the kept questions; what lies between them and was not kept belongs to the answer before."""
    kept = {candidate.span.start for candidate in option.kept}
    spans: list[Span] = []
    for candidate in option.candidates:
        span = candidate.span
        if span.start in kept:
            spans.append(span)
        elif (
            spans
            and spans[-1].answer is None
            and spans[-1].answer_end >= span.start
            and not is_aside(span.name.question)
        ):
            spans[-1] = replace(spans[-1], answer_end=span.answer_end)
    return spans


def is_absorbed(section: Section, verdicts: Mapping[Section, Verdict]) -> bool:
    """Whether the section belongs to the answer of a heading above it."""
    return any(verdicts[above].absorbs for above in section.above())


def _headings_above(section: Section | None, verdicts: Mapping[Section, Verdict]) -> tuple[Block, ...]:
    """Return the headings around what stands in the section, outermost first; no contents, no other question."""
    if section is None:
        return ()
    around = [one for one in (section, *section.above()) if one.title and not verdicts[one].is_question]
    return tuple(one.block for one in reversed(around) if one.block is not None and not _only_lists(one))


def _only_lists(section: Section) -> bool:
    """Whether a heading stands over a table of contents and nothing else of its own."""
    if is_toc_title(section.title):
        return True
    blocks = [block for _, block in section.region.blocks() if not is_filler(block)]
    is_title = section.parent is not None and section.parent.parent is None and section.parent.children[0] is section
    return bool(blocks) and bool(section.children) and not is_title and all(map(is_toc, blocks))


def _stacked(root: Section, found: list[Chosen]) -> list[Chosen]:
    """Return the questions; of headings on lines next to each other, the ones above have the answer of the last."""
    page = root.region.page
    for i in range(len(found) - 2, -1, -1):
        here, after = found[i].span, found[i + 1].span
        joined = here.level and here.level == after.level and after.line == page.line_at(here.answer_start) + 1
        if joined and here.answer_end == after.start:
            found[i] = replace(
                found[i], span=replace(here, answer_start=after.answer_start, answer_end=after.answer_end)
            )
    return found
