"""`DIR/feedback.sqlite`: its tables, readable by its owner alone.

WAL mode with synchronous=FULL: what was acknowledged survives a kill and a power loss, and any number of processes may
write.
"""

from __future__ import annotations

from pathlib import Path

from faqkb.kb import limits
from faqkb.kb.database.file import DatabaseFile, Form
from faqkb.kb.errors import FeedbackDamaged
from faqkb.kb.feedback.judged import JUDGED_TABLE
from faqkb.kb.feedback.once import ONCE_TABLE
from faqkb.kb.feedback.questions import QUESTION_TABLES
from faqkb.kb.feedback.rejected import REJECTED_TABLE

FEEDBACK_FILE = "feedback.sqlite"
_SCHEMA = """
CREATE TABLE votes (
    number INTEGER PRIMARY KEY AUTOINCREMENT, at TEXT NOT NULL, answer TEXT, record TEXT, helpful INTEGER NOT NULL,
    tags TEXT NOT NULL, note TEXT, question TEXT, snapshot TEXT
);
CREATE INDEX votes_answer ON votes (answer) WHERE answer IS NOT NULL;
CREATE TABLE unanswered (
    number INTEGER PRIMARY KEY AUTOINCREMENT, at TEXT NOT NULL, answer TEXT, status TEXT NOT NULL, tags TEXT NOT NULL,
    note TEXT, question TEXT, snapshot TEXT
);
CREATE INDEX unanswered_answer ON unanswered (answer) WHERE answer IS NOT NULL;
CREATE TABLE clicks (
    number INTEGER PRIMARY KEY AUTOINCREMENT, at TEXT NOT NULL, record TEXT NOT NULL, question TEXT, snapshot TEXT
);
"""
_FORM = Form(
    name=FEEDBACK_FILE,
    holds="feedback",
    application=0x46415146,  # "FAQF"
    version=1,
    schema=_SCHEMA,
    is_write_ahead=True,
    damage=FeedbackDamaged,
    way_out="move it away, a new one is made",
    foreign="and votes of somebody else's readers count for nothing; move it away, a new one is made",
    later=f"{ONCE_TABLE};{QUESTION_TABLES};{REJECTED_TABLE};{JUDGED_TABLE}",
    busy_seconds=limits.FEEDBACK_BUSY_SECONDS,
)


def feedback_file(folder: Path) -> DatabaseFile:
    """Return the file of one knowledge base; the first event makes it."""
    return DatabaseFile(folder, _FORM)
