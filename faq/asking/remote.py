"""`faq ask --server`: the same answer, from a server."""

from __future__ import annotations

from faqkb.faq.asking.asked import Asked, Question
from faqkb.faq.asking.pasted import fitted
from faqkb.faq.client import Answer as ServerAnswer
from faqkb.faq.client import Client, RecordFilter, ReplyUnreadable
from faqkb.faq.client.documents import CheckEvidence
from faqkb.faq.client.documents import CheckLink as ServerCheck
from faqkb.faq.client.documents import Hit as ServerHit
from faqkb.faq.console import say_note
from faqkb.faq.remote import open_client
from faqkb.faq.trust.servers import ChosenServer
from faqkb.kb.answers import Answer, Explanation, Highlight, Hit, NoAnswer, Reason, Status, Suggestion
from faqkb.kb.checks import Check, CheckLink, Evidence, Run
from faqkb.kb.records import Filter, Record, Source


def ask_server(server: ChosenServer, wanted: Question) -> Asked:
    """Ask a server, and fetch the checks of its first answer where they are to be run.

    Raises ConfigError, ServerUnreachable, Refused, ServerMoved, ReplyUnreadable, WrongScript, CheckMalformed.
    """
    with open_client(server) as client:
        answer = client.ask(
            fitted(wanted.text),
            top_k=wanted.top_k,
            min_confidence=wanted.min_confidence,
            tags=wanted.filter.tags,
            filter=_parts(wanted.filter),
            explain=wanted.explain,
        )
        checks = _checks(client, server.url, answer) if wanted.run_checks else []
    return Asked(as_answer(answer), dict(answer.document), checks)


def _parts(wanted: Filter) -> RecordFilter:
    """Return the parts of a filter beside tags as the client takes them."""
    return {
        "language": wanted.languages,
        "path": wanted.paths,
        "section": wanted.sections,
        "version": wanted.versions,
    }


def as_answer(answer: ServerAnswer) -> Answer:
    """Return a server's answer as the command line shows its own. Raises ReplyUnreadable: a state not known here."""
    try:
        status = Status(answer.status)
    except ValueError:
        raise ReplyUnreadable(
            f"the answer's status is not known here (got {answer.status[:40]!r}, expected answered, ambiguous or"
            " no_answer); use the version of faqkb that the server has"
        ) from None
    if status is not Status.NO_ANSWER and not answer.answers:
        raise ReplyUnreadable(f"the reply is {answer.status} without an answer; look what stands before the server")
    return Answer(
        question=answer.question,
        read_as=answer.understood_as or answer.question,
        status=status,
        confidence=answer.confidence,
        hits=tuple(map(_hit, answer.answers)),
        no_answer=_no_answer(answer),
        snapshot=answer.snapshot,
        took_ms=answer.took_ms,
        why=answer.why,
        others=tuple(map(as_answer, answer.others)),
    )


def _hit(hit: ServerHit) -> Hit:
    record = Record(
        id=hit.id,
        question=hit.question,
        answer=hit.answer,
        answer_text="",  # not sent, and not shown
        answer_html=hit.answer_html,
        source=Source(hit.source.path, hit.source.line, hit.source.anchor),
        language=hit.language,
        section=tuple(hit.source.section),
    )
    told = hit.explain
    return Hit(
        record=record,
        confidence=hit.confidence,
        highlight=Highlight(hit.highlight.start, hit.highlight.end, hit.highlight.text),
        explanation=Explanation(told.passage, told.scores, told.weights, told.known_error)
        if told
        else Explanation("", {}, {}, known_error=False),
        checks=tuple(map(_link, hit.checks)),
    )


def _link(check: ServerCheck) -> CheckLink:
    return CheckLink(check.id, check.title, dict(check.titles), check.sha256, _evidence(check.evidence))


def _evidence(told: CheckEvidence | None) -> Evidence | None:
    if told is None:
        return None
    passed, failed = (Run(run.at, dict(run.on)) if run else None for run in (told.passed, told.failed))
    return Evidence(passed, failed)


def _no_answer(answer: ServerAnswer) -> NoAnswer | None:
    missing = answer.no_answer
    if missing is None:
        return None
    known = missing.reason in set(Reason)
    suggestions = tuple(Suggestion(near.id, near.question, near.confidence) for near in missing.suggestions)
    return NoAnswer(Reason(missing.reason) if known else Reason.NOT_CONFIDENT, missing.message, suggestions)


def _checks(client: Client, address: str, answer: ServerAnswer) -> list[Check]:
    """Return the checks of the first answer, their scripts compared with the sha256 that the answer tells.

    The sum says that the script is the one the answer means, not that it is to be trusted: so each is asked about.
    """
    links = answer.answers[0].checks if answer.answers else ()
    return [_check(client, address, link) for link in links]


def _check(client: Client, address: str, link: ServerCheck) -> Check:
    from faqkb.kb.check_header import parse_check  # noqa: PLC0415 - only where a check is run

    check = parse_check(client.script(link), link.id)
    say_note(f"check {check.id} comes from {address}, sha256 {check.sha256}")
    return check
