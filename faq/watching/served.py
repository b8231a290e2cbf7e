"""`faq serve --watch`: the server answers from what is saved, and its pages say what cannot be read."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import click

from faqkb.faq.replacing import Replacing
from faqkb.faq.watching.loop import watching
from faqkb.faq.watching.rounds import Publisher, Round, Rounds
from faqkb.faq.watching.telling import round_sentence
from faqkb.kb.errors import ContentError, KnowledgeBaseMissing
from faqkb.kb.snapshot.published import current_snapshot
from faqkb.server.notices import Notices
from faqkb.server.settings import ServerSettings

_log = logging.getLogger("faq.watch")


@contextmanager
def watched(paths: Sequence[Path], folder: Path, settings: ServerSettings) -> Iterator[ServerSettings]:
    """Publish the content once, and again after every change during the block; lend the settings that show problems.

    Raises UsageError with --public, and ContentError where nothing is stored and nothing can be published.
    """
    if settings.access.public:
        raise click.UsageError(
            "--watch shows every reader what is wrong with the content (got --public too, expected one of them);"
            " leave out one"
        )
    notices = Notices()
    rounds = Rounds(paths, folder, Replacing(asks=False), Publisher())

    def tell(told: Round) -> None:
        notices.problems = told.problems
        if told.published and told.published.changed:
            notices.look()
        for problem in told.problems:
            _log.error("%s", problem)
        if told.published:
            _log.info("%s", round_sentence(told))

    tell(rounds.run())
    try:
        current_snapshot(folder)
    except KnowledgeBaseMissing as error:
        raise ContentError("; ".join(rounds.last.problems)) from error
    with watching(rounds, tell):
        yield replace(settings, notices=notices)
