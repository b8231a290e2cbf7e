"""The readings that a section offers: itself as a question, or the questions that a style finds in its text."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace

from faqkb.ingest.page.model import Block, Kind, Page
from faqkb.ingest.readings.features import (
    Features,
    Lead,
    Place,
    has_text,
    heading_lead,
    lead_of,
    of_group,
    of_itself,
    of_parts,
    of_place,
    share,
    span_lead,
)
from faqkb.ingest.readings.orders import NO_READING
from faqkb.ingest.readings.tree import Section
from faqkb.ingest.styles.lines import labelled_answers, labelled_questions, with_text_below
from faqkb.ingest.styles.listed import (
    bold_lines,
    definitions,
    inner_folds,
    items,
    outer_folds,
    plain_questions,
    quotes,
    unfolded,
)
from faqkb.ingest.styles.regions import Region, offset_of
from faqkb.ingest.styles.separated import ARROWS, arrow_lines, asking_lines, bold_one_liners, run_in_lines
from faqkb.ingest.styles.spans import Numbered, Span, anchor_at, name_of, numbering_of
from faqkb.ingest.styles.tables import other_rows, table_rows
from faqkb.ingest.styles.words import ends_as_question, is_aside, is_faq_title, is_plain_question

HEADINGS = "headings"
WHOLE_FILE = "file"
_ENOUGH_LABELS = 2


@dataclass(frozen=True, slots=True)
class Style:
    """A way to write questions and answers."""

    name: str
    find: Callable[[Region], tuple[Span, ...]]
    signs: tuple[str, ...] = ("",)
    """One of these stands in every text in which it finds something."""
    needs: Kind = Kind.PARAGRAPH
    """A block of this kind too."""


_BOLD = ("**", "__", "<b>", "<strong>", "<B>", "<STRONG>")
_MARKS = ("?", "？", "؟", ";", "⁇")
STYLES = (
    Style("labels", labelled_questions),
    Style("answers", labelled_answers),
    Style("details", outer_folds, needs=Kind.SUMMARY),
    Style("inner details", inner_folds, needs=Kind.SUMMARY),
    Style("bold", bold_lines, _BOLD),
    Style("quotes", quotes, (">",)),
    Style("table", table_rows, ("|",), Kind.TABLE),
    Style("other table", other_rows, ("|",), Kind.TABLE),
    Style("definitions", definitions, needs=Kind.TERM),
    Style("items", items, ("-", "*", "+", ".", ")")),
    Style("bold line", bold_one_liners, _BOLD),
    Style("run-in line", run_in_lines, _BOLD),
    Style("arrow line", arrow_lines, ARROWS),
    Style("asking line", asking_lines, _MARKS),
    Style("questions", plain_questions, _MARKS),
)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A question that a reading would give, and what speaks for and against it."""

    span: Span
    features: Features
    """Those that are 0 left out: a document may have a hundred thousand candidates."""

    @classmethod
    def of(cls, span: Span, features: Features) -> Candidate:
        """Return the candidate without the features that say nothing."""
        return cls(span, {name: float(value) for name, value in features.items() if value})


@dataclass(slots=True)
class Group:
    """Headings of one level under one heading."""

    features: Features = field(default_factory=dict)
    first_label: int = -1
    """Offset of the first heading with a label, where there are several; else -1."""
    last_label: int = -1


@dataclass(slots=True)
class Judged:
    """A heading with what is known of it before those beside it are looked at."""

    section: Section
    span: Span
    lead: Lead
    text: bool
    """Something to read stands under it, before the next heading."""
    content: bool
    """The same, headings below it included."""
    group: Group = field(default_factory=Group)


def heading_candidates(
    root: Section, place: Place, asking_text: Mapping[Section, float], ordered: Set[Section] = frozenset()
) -> dict[Section, list[Candidate]]:
    """Return, for each section whose heading may be a question, that candidate.

    A heading that names a FAQ, or says "other", may be none unless it is `ordered` by its author. The heading of a
    section with text of its own and headings below it is a second one, which the text alone answers.
    """
    judged = _judged(root, ordered)
    levels: dict[int, list[Lead]] = {}
    for one in judged.values():
        levels.setdefault(one.section.level, []).append(one.lead)
    asking = {level: share([lead.asks for lead in leads]) for level, leads in levels.items()}
    title = _title_of(root)
    found = {}
    for section, one in judged.items():
        features = _heading_features(one, judged, place)
        features |= {
            "level_asks": asking[section.level],
            "text_asks": asking_text.get(section, 0.0) * (1 - one.lead.mark),
            "title": section is title,
            "title_asks": (section is title) * one.lead.mark * (1 - features["children_ask"]),
            "only": len(judged) == 1,
        }
        found[section] = [Candidate.of(one.span, features)]
        if one.text and features["parts"]:
            own = replace(one.span, answer_end=section.region.end)
            found[section].append(Candidate.of(own, features | _by_own_text(features)))
    return found


def _heading_features(one: Judged, judged: Mapping[Section, Judged], place: Place) -> Features:
    """Return what speaks for a heading by itself, by those beside it and by what it stands over."""
    section = one.section
    children = [judged[child].lead for child in section.children if child in judged]
    features = of_itself(one.lead) | one.group.features | _among_labels(one)
    features |= of_place(section, place, one.lead, inside=False)
    return features | {
        "heading": 1.0,
        "label_answered": one.lead.label and one.lead.answered,
        "alone": features["alone"] and not features["announced"] and not one.lead.label,
        **of_parts(children),
        "children_label": share([child.label for child in children]),
        "children_part": share([child.part for child in children]),
        # What carries a label holds no other question that does.
        "holds_labels": one.lead.label * share([child.label for child in children]),
        "text": one.text,
        "no_content": not one.content,
        "leaf": not section.children,
        "stating": features["announced"] * _states(one, features),
        "stating_named": features["named"] * _states(one, features),
    }


def _by_own_text(features: Features) -> Features:
    """Return what changes when a heading's own text alone is its answer."""
    return {
        "children_ask": 0.0,
        "children_label": 0.0,
        "parts": 0.0,
        "holds_labels": 0.0,
        "own_text": not features["holds_labels"],
        "own_text_sure": features["holds_labels"],
        "own_text_asks": features["children_ask"],
        "own_text_labels": features["children_label"],
    }


def _states(one: Judged, features: Features) -> bool:
    """Whether a heading over a text alone may be a question that is put as a statement: `Lid sticks`."""
    lead = one.lead
    plain = not (lead.guide or lead.part or lead.mark) and not features["above_asks"]
    return plain and one.text and not one.section.children


def _among_labels(one: Judged) -> Features:
    """Return whether a heading without a label stands among those that have one, or before or after all of them."""
    if one.lead.label or one.group.first_label < 0:
        return {}
    among = one.group.first_label < one.span.start < one.group.last_label
    return {"among_labels": among, "beyond_labels": not among}


def _judged(root: Section, ordered: Set[Section]) -> dict[Section, Judged]:
    judged: dict[Section, Judged] = {}
    for parent in root.walk():
        groups: dict[tuple[int, bool, bool], list[Judged]] = {}
        numbered = numbering_of([child.title for child in parent.children])
        for child in parent.children:
            if child.block is None:
                continue
            one = _judge(child, child.block, numbered)
            if child in ordered or not (is_aside(one.lead.text) or is_faq_title(one.lead.text)):
                groups.setdefault((child.level, _holds_questions(one), one.content), []).append(one)
        for members in groups.values():
            group = _group_of(members)
            for one in members:
                one.group = group
                judged[one.section] = one
    return judged


def _holds_questions(one: Judged) -> bool:
    """Whether a heading asks nothing and most of those right below it do: it is no measure for those beside it."""
    below = one.section.children
    return not one.lead.mark and sum(ends_as_question(child.title) for child in below) * 2 > len(below)


def _is_stacked(page: Page, index: int) -> bool:
    """Whether a heading stands right on top of one of its level: the text below answers both."""
    block = page.blocks[index]
    after = page.blocks[index + 1] if index + 1 < len(page.blocks) else block
    joined = after.kind is Kind.HEADING and after.level == block.level and after.line == block.line + 1
    return joined and not block.within


def _group_of(members: Sequence[Judged]) -> Group:
    features = of_group([one.lead for one in members])
    features["group_text"] = share([one.text for one in members])
    features["group_leaf"] = share([not one.section.children for one in members])
    labelled = [one.span.start for one in members if one.lead.label]
    if len(labelled) < _ENOUGH_LABELS:
        return Group(features)
    return Group(features, labelled[0], labelled[-1])


def _judge(section: Section, block: Block, numbered: Numbered) -> Judged:
    page = section.region.page
    end = offset_of(page, section.last)
    name = name_of(block.text, page.own, numbered)
    span = Span(name, anchor_at(page, section.index), block.line, block.start, block.end, end, block.level)
    if name.labelled:
        span = with_text_below(page, span)
    span = unfolded(page, span)
    lead = heading_lead(section, span)
    text = lead.answered or has_text(page, block.end, section.region.end) or _is_stacked(page, section.index)
    content = text or (bool(section.children) and has_text(page, block.end, end))
    return Judged(section, span, lead, text, content)


def _title_of(root: Section) -> Section | None:
    """Return the heading that is the document's title: alone at its level, first, over all others."""
    first = root.children[:1]
    alone = len(root.children) == 1 and bool(first[0].children) if first else False
    return first[0] if alone else None


def file_candidate(root: Section, place: Place) -> Candidate | None:
    """Return the document as one question, when its front matter asks one."""
    front = root.region.page.front
    name = name_of(front.question or front.title)
    if not name.question or is_faq_title(name.question):
        return None
    page: Page = root.region.page
    start = next((block.end for _, block in root.region.blocks() if block.kind is Kind.FRONT_MATTER), 0)
    span = Span(name, None, 1, 0, start, len(page.source))
    lead = span_lead(page, span)
    below = [lead_of(section.title) for section in root.children]
    features = of_itself(lead) | {
        "file": 1.0,
        "file_question": bool(front.question),
        "named": place.named,
        "signed": front.signed,
        **of_parts(below),
        "no_content": not has_text(page, start, len(page.source)),
    }
    return Candidate.of(span, features)


@dataclass(slots=True)
class Finds:
    """What a style finds in a document."""

    spans: dict[Section, tuple[Span, ...]] = field(default_factory=dict)
    under: dict[Section | None, int] = field(default_factory=dict)
    """For each section, in how many of those right below it something was found."""


def asking_texts(found: Mapping[str, Finds]) -> dict[Section, float]:
    """Return, for each section, how much of what the best style finds in its text asks, 0 to 1."""
    asking: dict[Section, float] = {}
    for style, finds in found.items():
        for section, spans in finds.spans.items():
            asks = share([span.name.labelled or is_plain_question(span.name.question) for span in spans])
            asking[section] = max(asking.get(section, 0.0), 1.0 if style == "table" else asks)
    return asking


def found_styles(root: Section) -> dict[str, Finds]:
    """Return what each style finds in each section."""
    found = {style.name: Finds() for style in STYLES}
    for section in root.walk():
        kinds = {block.kind for _, block in section.region.blocks()}
        kinds |= {Kind.PARAGRAPH} if Kind.HTML in kinds else set()
        text = root.region.page.source[section.region.start : section.region.end]
        for style in STYLES if kinds else ():
            may = style.needs in kinds and any(sign in text for sign in style.signs)
            spans = style.find(section.region) if may else ()
            if spans:
                finds = found[style.name]
                finds.spans[section] = spans
                finds.under[section.parent] = finds.under.get(section.parent, 0) + 1
    return found


def style_candidates(section: Section, style: str, finds: Finds, place: Place) -> list[Candidate]:
    """Return the questions that a style finds in the text of a section, each with what speaks for it."""
    region, spans = section.region, finds.spans[section]
    page = region.page
    leads = [span_lead(page, span) for span in spans]
    shared = of_group(leads) | of_place(section, place, None, inside=True)
    extent = max(region.end - spans[0].start, 1)
    beside = len(section.parent.children) - 1 if section.parent is not None else 0
    shared |= {
        f"style_{style}": 1.0,
        "alone": shared["alone"] and not shared["announced"],
        "covers": min(sum(span.answer_end - span.start for span in spans) / extent, 1.0),
        "distinct": len({span.name.question for span in spans}) / len(spans),
        "beside": (finds.under[section.parent] - 1) / beside if beside else 0.0,
        "stating": shared["announced"] * (1 - shared["group_asks"]) * (1 - shared["above_asks"]),
        "stating_named": shared["named"] * (1 - shared["group_asks"]) * (1 - shared["above_asks"]),
        "under_aside": is_aside(section.title),
    }
    return [
        Candidate.of(span, of_itself(lead) | shared | {"no_content": not _has_answer(page, span)})
        for span, lead in zip(spans, leads, strict=True)
    ]


def _has_answer(page: Page, span: Span) -> bool:
    return bool(span.answer) or (span.answer is None and has_text(page, span.answer_start, span.answer_end))


def reading_of(style: str) -> str:
    """Return what an author calls a style when he orders it: another table is a `table` too."""
    return style.rsplit(maxsplit=1)[-1]


READINGS = (HEADINGS, *dict.fromkeys(reading_of(style.name) for style in STYLES), NO_READING)
"""What an author may order."""
