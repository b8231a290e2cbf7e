"""An answer for a person: coloured on a terminal, plain text in a pipe."""

from __future__ import annotations

import sys
from collections.abc import Iterator

from faqkb.faq.console import one_line, say, styled
from faqkb.faq.showing.explanations import explanation_lines
from faqkb.kb.answers import Answer, Hit, Reason, Status
from faqkb.kb.language.codes import twin_key
from faqkb.kb.text import readable

_LEAST_SHOWN = 0.01  # a related record below this is only there because something has to be


def show_answer(answer: Answer, *, explain: bool = False) -> None:
    """Print an answer document for reading; of a message with several questions, one answer after the other."""
    several = (answer, *answer.others)
    for each in several:
        if len(several) > 1 or each.read_as != each.question:
            say(_dim(f"read as: {each.read_as}"))
        _show_one(each)
        if explain:
            for line in explanation_lines(each):
                say(_dim(line))
        if each is not several[-1]:
            say("")


def _show_one(answer: Answer) -> None:
    if answer.status is Status.ANSWERED:
        _show_best(answer.hits[0])
        related = tuple(_related(answer.hits))
        if related:
            say(_dim("\nrelated:"))
            _show_list(related)
    elif answer.status is Status.AMBIGUOUS:
        _show_choices(answer.likely_choices)
    elif answer.no_answer and answer.no_answer.reason is Reason.SMALL_TALK:
        say(styled(answer.no_answer.message, bold=True))
    elif answer.no_answer:
        say(styled(f"No answer: {answer.no_answer.message}", bold=True))
        if answer.no_answer.suggestions:
            say(_dim("nearest stored questions:"))
        for near in answer.no_answer.suggestions:
            say(f"  {_percent(near.confidence)}  {one_line(near.question)}  {_dim(near.id)}")


def _related(hits: tuple[Hit, ...]) -> Iterator[Hit]:
    """Yield the runners-up worth showing; what says the same as a surer one in another language is not."""
    seen = {twin_key(hits[0].record.id)}
    for hit in hits[1:]:
        twin = twin_key(hit.record.id)
        if hit.confidence >= _LEAST_SHOWN and twin not in seen:
            yield hit
        seen.add(twin)


def _show_choices(choices: tuple[Hit, ...]) -> None:
    several = len(choices) > 1
    say(styled(f"Not sure{' which one you mean' if several else ''}. Did you mean:", bold=True))
    _show_list(choices)
    say(_dim(f"ask again in {'the words of the one you mean' if several else 'these words, if so'}"))


def _show_best(hit: Hit) -> None:
    record = hit.record
    say(styled(one_line(record.question), bold=True))
    say("")
    _show_markdown(record.answer)
    say("")
    place = " › ".join((f"{record.source.path}:{record.source.line}", *record.section))
    say(f"{_dim('confidence')} {styled(_percent(hit.confidence).strip(), fg='green')}  {_dim(record.id)}")
    say(_dim(f"source {place}"))
    for check in hit.checks:
        say(f"{_dim('check')} {one_line(check.title_in(record.language))}  {styled(check.command, bold=True)}")
        if check.evidence:
            told = one_line(check.evidence.sentence)
            say(f"      {styled(told, fg='red') if check.evidence.stale else _dim(told)}")


def _show_list(hits: tuple[Hit, ...]) -> None:
    for hit in hits:
        say(f"  {_percent(hit.confidence)}  {one_line(hit.record.question)}  {_dim(hit.record.id)}")


def _show_markdown(text: str) -> None:
    if not sys.stdout.isatty():
        say(text)
        return
    from rich.console import Console  # noqa: PLC0415 - a tenth of a second, spent only where it is seen
    from rich.markdown import Markdown  # noqa: PLC0415

    Console().print(Markdown(readable(text), hyperlinks=True))


def _percent(confidence: float) -> str:
    """Return whole percents, rounded down: nothing short of certain is shown as 100%."""
    return f"{int(confidence * 100):3}%"


def _dim(text: str) -> str:
    return styled(text, dim=True)
