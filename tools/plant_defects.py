"""Plant defects of every kind into copies of real FAQ files, and see which of them `faq lint` finds.

    python tools/plant_defects.py ../shared/data/corpora [--seed N] [--each N] [--only RULE]

Each defect is planted alone into a copy of its file in a temporary folder, with what else the rule needs beside it; it
counts as found where the planted file has a finding of the rule that the file as it was does not have, within two lines
of the place. Nothing is written elsewhere. Prints a line a rule, the defects that were missed, and the share found.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

from faqkb.faq.bootstrap import encoder_folder
from faqkb.faq.linting.meaning import embed, find_by_meaning
from faqkb.faq.linting.self_test import not_first
from faqkb.ingest.linted.findings import Finding
from faqkb.ingest.linted.reading import Linted
from faqkb.ingest.linting.answers import read_age
from faqkb.ingest.linting.run import Against, find_by_reading, read_files
from faqkb.ingest.linting.source_tree import read_tree
from faqkb.kb.model.encoder import Encoder

_NEAR = 2  # lines between what was planted and what is found
_TODAY = date(2026, 11, 30)
_LEAST = 4  # questions of a file that defects are planted in


@dataclass(frozen=True, slots=True)
class Planted:
    """A file with one defect."""

    rule: str
    lines: list[str]
    places: tuple[int, ...]
    """1-based lines, any of which may be told."""
    beside: dict[str, str] = field(default_factory=dict)
    """Other files that it takes, by their paths."""


Plant = Callable[[Linted, random.Random], Planted | None]


def _lines(linted: Linted) -> list[str]:
    return linted.page.source.split("\n")


def _question(linted: Linted, chance: random.Random, *, heading: bool = True) -> int | None:
    """Return the 1-based line of some question, of those written as headings where that matters."""
    lines = _lines(linted)
    found = [
        one.span.line
        for one in linted.chosen[1:]
        if one.span.answer is None and (not heading or lines[one.span.line - 1].startswith(("## ", "### ", "#### ")))
    ]
    return chance.choice(found) if found else None


def _answer_line(linted: Linted, chance: random.Random) -> int | None:
    """Return the 1-based line after the last line of some answer's text."""
    ends = []
    for one in linted.chosen:
        text = linted.page.source[one.span.answer_start : one.span.answer_end].rstrip()
        blocks = linted.page.blocks_between(one.span.answer_start, one.span.answer_start + len(text))
        if text and blocks and blocks[-1].kind.value == "paragraph" and not blocks[-1].within:
            ends.append(linted.page.line_at(one.span.answer_start + len(text) - 1))
    return chance.choice(ends) if ends else None


def _added(rule: str, text: str, *, beside: dict[str, str] | None = None, after: int = 0) -> Plant:
    """Return what adds a paragraph to some answer; the defect stands in its line `after` the first."""

    def plant(linted: Linted, chance: random.Random) -> Planted | None:
        end = _answer_line(linted, chance)
        if end is None:
            return None
        lines = _lines(linted)
        lines[end:end] = ["", *text.split("\n")]
        return Planted(rule, lines, (end + 2 + after,), beside or {})

    return plant


def _heading_blank(linted: Linted, chance: random.Random) -> Planted | None:
    line = _question(linted, chance)
    if line is None:
        return None
    lines = _lines(linted)
    marks = len(lines[line - 1]) - len(lines[line - 1].lstrip("#"))
    title = lines[line - 1][marks:].strip()
    if not title[0].isalnum():
        return None
    lines[line - 1] = "#" * marks + title
    return Planted("heading-blank", lines, (line,))


def _no_answer(linted: Linted, chance: random.Random) -> Planted | None:
    line = _question(linted, chance)
    if line is None:
        return None
    lines = _lines(linted)
    marks = lines[line - 1].partition(" ")[0]
    lines[line - 1 : line - 1] = [f"{marks} Is this question answered by nobody?", ""]
    return Planted("no-answer", lines, (line,))


def _label(rule: str) -> Plant:
    """Return what gives a labelled question the label of the one before, or changes it with that of the next."""

    def plant(linted: Linted, chance: random.Random) -> Planted | None:
        spans = [one.span for one in linted.chosen if one.span.name.number and one.span.answer is None]
        pairs = [
            (first, second)
            for first, second in pairwise(spans)
            if first.level == second.level and _follows(first.name.number, second.name.number)
        ]
        if not pairs:
            return None
        first, second = chance.choice(pairs)
        lines = _lines(linted)
        one, two = first.name.number, second.name.number
        if one not in lines[first.line - 1] or two not in lines[second.line - 1]:
            return None
        lines[second.line - 1] = lines[second.line - 1].replace(two, one, 1)
        if rule == "label-order":
            lines[first.line - 1] = lines[first.line - 1].replace(one, two, 1)
        return Planted(rule, lines, (first.line, second.line))

    return plant


def _follows(one: str, two: str) -> bool:
    head, _, last = one.rpartition(".")
    head2, _, last2 = two.rpartition(".")
    numbers = "".join(filter(str.isdigit, last)), "".join(filter(str.isdigit, last2))
    return head == head2 and all(numbers) and int(numbers[1]) == int(numbers[0]) + 1 and int(numbers[0]) > 1


def _answer_marker(linted: Linted, chance: random.Random) -> Planted | None:
    """Take the marker off one answer."""
    from faqkb.ingest.styles.answers import find_marker  # noqa: PLC0415

    marked = []
    for one in linted.chosen:
        span = one.span
        marker = find_marker(linted.page, span.answer_start, span.answer_end) if span.answer is None else None
        if marker:
            marked.append((span, marker))
    if len(marked) < max(_LEAST, 0.85 * len(linted.chosen)):
        return None
    span, marker = chance.choice(marked)
    source = linted.page.source
    text = source[: marker.start] + source[marker.end :]
    return Planted("answer-marker", text.split("\n"), (span.line,))


def _script(linted: Linted, chance: random.Random) -> Planted | None:
    line = _question(linted, chance)
    if line is None:
        return None
    lines = _lines(linted)
    marks = lines[line - 1].partition(" ")[0]
    tag = chance.choice(["<script>", "<iframe>", "<object>"])
    lines[line - 1 : line - 1] = [f"{marks} Where does the {tag} of the counter go?", "", "At the end of it.", ""]
    return Planted("script-in-question", lines, (line,))


def _again(rule: str, change: Callable[[str], str], answer: Sequence[str]) -> Plant:
    """Return what asks some question again at the end of the file; `answer` is another one, else it is the same."""

    def plant(linted: Linted, chance: random.Random) -> Planted | None:
        line = _question(linted, chance)
        if line is None:
            return None
        lines = _lines(linted)
        span = next(one.span for one in linted.chosen if one.span.line == line)
        text = linted.page.source[span.answer_start : span.answer_end].strip("\n").split("\n")
        marks = lines[line - 1].partition(" ")[0]
        question = change(span.name.question)
        if question == span.name.question and rule == "near-duplicate":
            return None
        at = len(lines)
        return Planted(rule, [*lines, "", f"{marks} {question}", "", *(answer or text)], (line, at + 2))

    return plant


def _in_other_words(question: str) -> str:
    for one, other in (
        ("How do I ", "How can I "),
        ("How can I ", "How do I "),
        ("How to ", "How do I "),
        ("Why is ", "Why exactly is "),
        ("Can I ", "May I "),
        ("What is ", "What really is "),
        ("Does ", "So does "),
        ("Is ", "So is "),
        ("怎么办", "如何处理"),
        ("如何", "怎样"),
        ("怎么", "如何"),
        ("为什么", "为何"),
        ("是否", "是不是"),
        ("什么是", "请问什么是"),
    ):
        if one in question:
            return question.replace(one, other, 1)
    return question


def _contradiction(linted: Linted, chance: random.Random) -> Planted | None:
    line = _question(linted, chance)
    if line is None:
        return None
    lines = _lines(linted)
    span = next(one.span for one in linted.chosen if one.span.line == line)
    marks = lines[line - 1].partition(" ")[0]
    number = chance.randrange(2, 90)
    first = [f"{marks} How long is a copy kept?", "", f"It is kept for {number} days and is gone then.", ""]
    again = [f"{marks} How long is a copy kept?", "", f"It stays for {number * 3} days, whatever you do.", ""]
    end = linted.page.line_at(max(span.answer_end - 1, 0))
    planted = [*lines[: line - 1], *first, *lines[line - 1 :], "", *again]
    return Planted("contradiction", planted, (line, len(lines) + 6, end))


def _copied_answer(linted: Linted, chance: random.Random) -> Planted | None:
    """Give some question the answer of another one."""
    long = [
        one.span
        for one, record in zip(linted.chosen, linted.records, strict=False)
        if one.span.answer is None
        and one.span.level
        and len(record.answer_text.split()) + len(record.answer_text) // 8 > 20
    ]
    if len(long) < _LEAST:
        return None
    wrong, right = chance.sample(long, 2)
    source = linted.page.source
    answer = source[right.answer_start : right.answer_end].strip("\n")
    text = source[: wrong.answer_start] + "\n" + answer + "\n\n" + source[wrong.answer_end :]
    moved = text.count("\n", 0, source.find("\n", wrong.answer_start)) if right.start > wrong.start else 0
    shift = text.count("\n") - source.count("\n") if right.start > wrong.start else 0
    return Planted("better-elsewhere", text.split("\n"), (wrong.line, right.line + shift, moved))


def _not_first(linted: Linted, chance: random.Random) -> Planted | None:
    return _again("not-first", lambda question: question, ["It is quite another matter here."])(linted, chance)


def _stale_version(linted: Linted, chance: random.Random) -> Planted | None:
    return _added("stale", "As of version 1.2 this is not possible.")(linted, chance)


def _twin(linted: Linted, chance: random.Random) -> Planted | None:
    """Put a twin beside a labelled file that lacks one of its questions, its language made another one."""
    spans = [one.span for one in linted.chosen]
    labelled = {span.name.number for span in spans if span.name.number}
    if len(labelled) != len(spans) or len(spans) < _LEAST:
        return None
    gone = chance.choice(spans)
    own = "zh" if linted.records[0].language == "zh" else "en"
    other = "en" if own == "zh" else "zh"
    label = "## {}: Question about this?\n\nSome plain words in answer to it, the usual ones.\n\n"
    if other == "zh":
        label = "## {}：这是什么问题？\n\n这里是一个简单的中文回答。\n\n"
    twin = "".join(label.format(span.name.number) for span in spans if span is not gone)
    return Planted("missing-twin", _lines(linted), (gone.line,), {f"{other}/faq.md": f"# FAQ\n\n{twin}"})


def _long(linted: Linted, chance: random.Random) -> Planted | None:
    line = _question(linted, chance)
    if line is None:
        return None
    lines = _lines(linted)
    marks = lines[line - 1].partition(" ")[0]
    text = ["Once more it was said that all of this has to be explained at length and in every detail.", ""] * 45
    lines[line - 1 : line - 1] = [f"{marks} What is the whole story of it?", "", *text]
    return Planted("long-answer", lines, (line,))


PLANTS: dict[str, tuple[Plant, ...]] = {
    "heading-blank": (_heading_blank,),
    "no-answer": (_no_answer,),
    "label-order": (_label("label-order"),),
    "label-twice": (_label("label-twice"),),
    "answer-marker": (_answer_marker,),
    "script-in-question": (_script,),
    "repeated-question": (_again("repeated-question", lambda question: question, ()),),
    "near-duplicate": (_again("near-duplicate", _in_other_words, ()),),
    "contradiction": (_contradiction,),
    "better-elsewhere": (_copied_answer,),
    "not-first": (_not_first,),
    "dead-link": (
        _added("dead-link", "More is in [the form](./forms/gone-form.pdf)."),
        _added("dead-link", "More is in [the guide][gone-guide].\n\n[gone-guide]: ../gone/guide.md"),
        _added("dead-link", '<a href="gone-page.html">The page</a> says more.'),
    ),
    "dead-anchor": (
        _added("dead-anchor", "See [above](#nowhere-in-this-file-at-all)."),
        _added("dead-anchor", "See [there](beside.md#gone-heading).", beside={"beside.md": "# Beside\n\nText.\n"}),
    ),
    "missing-picture": (
        _added("missing-picture", "![The gone picture](pictures/gone.png)"),
        _added("missing-picture", '<img src="pictures/gone.png" alt="The gone picture">'),
    ),
    "picture-text": (
        _added("picture-text", "![](https://example.org/picture.png)"),
        _added("picture-text", '<img src="https://example.org/picture.png" width="300">'),
    ),
    "code-syntax": (
        _added("code-syntax", '```python\nprint("never closed"\n```'),
        _added("code-syntax", '```json\n{"name": "x", "size": }\n```'),
        _added("code-syntax", "```toml\nname = x y\n```"),
        _added("code-syntax", "```yaml\nname: [1, 2\nsize: 3\n```"),
    ),
    "gone": (
        _added("gone", "The settings are in `tools/gone_config.txt`.", beside={"tree/tools/run.py": '"--quiet"\n'}),
        _added(
            "gone",
            "Run it so:\n\n```bash\npython tools/run.py --gone-flag 3\n```",
            beside={"tree/tools/run.py": '"--quiet"\n'},
            after=3,
        ),
    ),
    "stale": (_added("stale", "As of March 2019 this is not possible."), _stale_version),
    "missing-twin": (_twin,),
    "two-spellings": (_added("two-spellings", "The WidgetStore and the WidgetStore are not the Widgetstore."),),
    "long-answer": (_long,),
    "unknown-rule": (_added("unknown-rule", "<!-- faq-lint off=no-such-rule -->"),),
}
_MEANING = {"near-duplicate", "better-elsewhere"}
# Their line is that of the question, wherever in the answer the defect stands.
_OF_THE_QUESTION = {"stale"}


class Finder:
    """Runs the rules on a folder."""

    def __init__(self) -> None:
        self._encoder = Encoder(encoder_folder(Path("/nonexistent")))

    def findings(self, folder: Path, rule: str) -> list[Finding]:
        """Return what a rule finds in a folder."""
        tree = folder / "tree"
        read = read_files([path for path in sorted(folder.iterdir()) if path.name != "tree"])
        ages = [read_age(text, _TODAY) for text in ("2y", "v2.0")] if rule == "stale" else [None]
        found: list[Finding] = []
        for age in ages:
            held = Against(tree=read_tree(tree) if tree.is_dir() else None, age=age)
            found += find_by_reading(read, held)
        if rule in _MEANING:
            found += find_by_meaning(read.files, embed(read.files, self._encoder, lambda done, of: None))
        if rule == "not-first":
            found += not_first(read.files, self._encoder, lambda done, of: None)
        return [finding for finding in found if finding.rule == rule]


def plant_all(
    files: Sequence[Linted], kinds: Mapping[str, Sequence[Plant]], each: int, seed: int
) -> Iterator[tuple[Linted, Planted]]:
    """Yield `each` defects of every kind, spread over the files by chance."""
    for rule, plants in kinds.items():
        chance = random.Random(f"{seed} {rule}")
        order = chance.sample(list(files), len(files))
        made = tried = 0
        while made < each and tried < each * 20:
            linted, plant = order[tried % len(order)], plants[made % len(plants)]
            tried += 1
            planted = plant(linted, chance)
            if planted:
                made += 1
                yield linted, planted


def is_found(linted: Linted, planted: Planted, finder: Finder) -> bool:
    """Whether the rule tells what was planted, and did not tell the same before."""
    with TemporaryDirectory(prefix="planted-") as name:
        folder = Path(name)
        file = folder / ("faq.md" if planted.rule == "missing-twin" else linted.file.path.name)
        for path, text in planted.beside.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(text, encoding="utf-8")
        if planted.rule != "missing-twin":
            file.write_text(linted.page.source, encoding="utf-8")
        before = {finding.what for finding in finder.findings(folder, planted.rule)} if file.exists() else set()
        file.write_text("\n".join(planted.lines), encoding="utf-8")
        new = [finding for finding in finder.findings(folder, planted.rule) if finding.what not in before]
    lines = [finding.line for finding in new if finding.path.endswith(file.name)]
    if planted.rule in _OF_THE_QUESTION:
        return bool(lines)
    return any(abs(line - place) <= _NEAR for line in lines for place in planted.places)


def main(arguments: Sequence[str]) -> int:
    """Plant, look, and tell; 0 where at least 95 of 100 of every kind are found."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="real FAQ files")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--each", type=int, default=10, help="defects of each kind")
    parser.add_argument("--only", choices=PLANTS, help="defects of one kind")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args(arguments)
    files = [linted for linted in read_files([given.folder]).files if len(linted.records) >= _LEAST]
    finder = Finder()
    plants = {given.only: PLANTS[given.only]} if given.only else PLANTS
    counts = {rule: [0, 0] for rule in plants}
    for linted, planted in plant_all(files, plants, given.each, given.seed):
        found = is_found(linted, planted, finder)
        counts[planted.rule][0] += found
        counts[planted.rule][1] += 1
        if not found:
            sys.stderr.write(f"missed: {planted.rule} in {linted.file.name}, line {planted.places[0]}\n")
    total = [sum(column) for column in zip(*counts.values(), strict=True)]
    if given.json:
        print(json.dumps({"found": total[0], "planted": total[1], "rules": counts}))
    else:
        for rule, (found, of) in counts.items():
            print(f"{rule:20} {found:3} of {of}")
        print(f"{'all':20} {total[0]:3} of {total[1]} ({total[0] / max(total[1], 1):.1%})")
    return 0 if total[0] >= 0.95 * total[1] else 1


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
