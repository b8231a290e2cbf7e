"""That an answer did not help, said in the conversation: it counts as a vote, once a client and day."""

from __future__ import annotations

from faqkb.kb.feedback.events import Vote
from faqkb.server.feedback.judging import asks_for_privacy, record_event
from faqkb.server.feedback.readers import once_a_day
from faqkb.server.problems import Refused

_DEED = "remark"


def keep_remark(record_id: str, question: str, snapshot: str) -> None:
    """Keep a vote against an answer; the reader is answered whether or not it could be kept."""
    once = once_a_day(_DEED, record_id)
    kept = None if asks_for_privacy() else question or None
    vote = Vote(record_id, helpful=False, question=kept, snapshot=snapshot, answer=once.key)
    try:
        record_event(vote, once)
    except Refused:  # logged where it was raised; nobody asked to vote, so nobody is told
        return
