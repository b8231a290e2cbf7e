"""The gaps of the live snapshot, found once and shown for some minutes: to find them takes seconds."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from datetime import UTC, datetime

from faqkb.kb.feedback.log import FeedbackStore
from faqkb.kb.gaps.finding import Gaps, find_gaps
from faqkb.kb.gaps.missed import missed_questions
from faqkb.kb.knowledge import KnowledgeBase
from faqkb.server.limits import GAP_QUESTIONS, GAP_SECONDS, GAP_WORK_SECONDS


@dataclass(frozen=True, slots=True)
class FoundGaps:
    """What was found, and when."""

    gaps: Gaps
    at: datetime


class GapFinder:
    """Finds gaps for one request at a time; others wait for it, and take what it found."""

    def __init__(self, store: FeedbackStore) -> None:
        self._store = store
        self._lock = threading.Lock()
        self._found: dict[tuple[str, str], tuple[float, FoundGaps]] = {}

    def find(self, knowledge: KnowledgeBase, since: str) -> FoundGaps:
        """Return the gaps in what was missed from a day on. Raises StorageFailed, FeedbackDamaged."""
        with self._lock:
            now = time.monotonic()
            self._found = {key: kept for key, kept in self._found.items() if kept[0] > now}
            key = (knowledge.name, since)
            if key not in self._found:
                self._found[key] = (time.monotonic() + GAP_SECONDS, self._find(knowledge, since))
            return self._found[key][1]

    def _find(self, knowledge: KnowledgeBase, since: str) -> FoundGaps:
        missed = missed_questions(self._store, since=since)
        rejected = self._store.rejected.digests()
        gaps = find_gaps(knowledge, missed, rejected, most=GAP_QUESTIONS, seconds=GAP_WORK_SECONDS)
        return FoundGaps(gaps, datetime.now(UTC))
