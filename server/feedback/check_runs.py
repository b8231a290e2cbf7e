"""Results of checks that readers chose to send: what is taken of them, and where they are kept."""

from __future__ import annotations

import logging
from typing import Annotated, Literal, cast

from flask import current_app, g
from pydantic import Field

from faqkb.kb.errors import KbError, KeyReused
from faqkb.kb.feedback.once import Once
from faqkb.kb.feedback.runs import (
    NAME_PATTERN,
    SHA256_PATTERN,
    VERSION_PATTERN,
    VERSIONS_MOST,
    RunStore,
    SentRun,
)
from faqkb.server.answering.leases import leased_knowledge
from faqkb.server.http.parsing import Strict
from faqkb.server.problems import FieldError, Refused

EXTENSION = "faq-check-runs"
_Name = Annotated[str, Field(pattern=NAME_PATTERN)]
_Version = Annotated[str, Field(pattern=VERSION_PATTERN)]
_log = logging.getLogger("faq.server")


class CheckRunBody(Strict):
    """Body of `POST /api/v1/check-runs`: how a check ended on the sender's machine, and on which versions."""

    check: _Name = Field(description="Id of the check, as in `/api/v1/checks`.")
    version: _Version = Field(description="Of the check, as its header says.")
    sha256: str = Field(pattern=SHA256_PATTERN, description="Of the script that was run.")
    status: Literal["pass", "warn", "fail"] = Field(
        description="How it ended; a run that was skipped or broke says nothing of an answer, and is not taken."
    )
    on: dict[_Name, _Version] = Field(
        max_length=VERSIONS_MOST,
        description="Versions of Python, of the system and of the packages that the check needs, by name.",
    )


def sent_run(body: CheckRunBody) -> SentRun:
    """Return the result that a body tells. Raises Refused (422) where there is no such check."""
    with leased_knowledge() as knowledge:
        if knowledge.check(body.check) is None:
            reason = "No check has this id; GET /api/v1/checks lists them."
            raise Refused(422, f"The result cannot be kept. {reason}", [FieldError("check", reason)])
    return SentRun(body.check, body.version, body.sha256, body.status, body.on)


def keep_run(run: SentRun, *onces: Once) -> bool:
    """Keep a result; returns whether it is new. Raises Refused (503) where the disk refuses, KeyReused."""
    try:
        return run_store().record(run, *onces)
    except KeyReused:
        raise
    except KbError as error:
        _log.error("request %s: a result of a check is lost: %s", g.request_id, error)
        raise Refused(503, "The result could not be stored; try again later.") from error


def run_store() -> RunStore:
    """Return the results that were sent to the current application."""
    return cast(RunStore, current_app.extensions[EXTENSION])
