"""What a reader says of an answer within the conversation, handed to whoever keeps it."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

from flask import current_app

EXTENSION = "faq-remarks"
KeepRemark = Callable[[str, str, str], None]
"""Keeps that an answer did not help: the record's id, the question, the snapshot's name."""


def note_remark(record_id: str, question: str, snapshot: str) -> None:
    """Tell that an answer did not help."""
    cast(KeepRemark, current_app.extensions[EXTENSION])(record_id, question, snapshot)
