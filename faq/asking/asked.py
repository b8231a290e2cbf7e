"""What is asked, and what comes back, whether a knowledge base here answers or a server."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from faqkb.kb.answers import Answer
from faqkb.kb.checks import Check
from faqkb.kb.records import Filter


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked, as the options say."""

    text: str
    top_k: int
    min_confidence: float | None
    filter: Filter
    explain: bool
    run_checks: bool


@dataclass(frozen=True, slots=True)
class Asked:
    """What a knowledge base or a server says."""

    answer: Answer
    document: dict[str, Any]
    checks: Sequence[Check] = ()
    """Of the first answer, where they are to be run."""
