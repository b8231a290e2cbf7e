"""What readers say of the answers, kept in a file that every ingest leaves alone."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from operator import attrgetter
from pathlib import Path

from faqkb.kb import limits
from faqkb.kb.errors import InvalidFeedback
from faqkb.kb.feedback.events import AskedInVain, Click, Event, RecordVotes, Unanswered, Vote, as_text
from faqkb.kb.feedback.file import feedback_file
from faqkb.kb.feedback.judged import forget_confidences, keep_confidence
from faqkb.kb.feedback.once import Once, claim, is_claimed
from faqkb.kb.feedback.questions import QuestionLog, folded, forget_questions
from faqkb.kb.feedback.rejected import RejectedQuestions
from faqkb.kb.feedback.rows import TABLES, inserted, read_clicks, read_unanswered, read_votes, replaced, row_of


class FeedbackStore:
    """The feedback of one knowledge base; any number of threads and processes may use it."""

    def __init__(self, folder: Path, retention_days: int = limits.FEEDBACK_DAYS) -> None:
        """Take the folder of the knowledge base; the file is made by the first event.

        `retention_days` is how long `forget_old` leaves an event, 0 for ever.
        """
        self._file = feedback_file(folder)
        self.questions = QuestionLog(self._file)
        self.rejected = RejectedQuestions(self._file)
        self._retention_days = retention_days

    def record(self, event: Event, *onces: Once) -> bool:
        """Keep an event: when this returns, it is on disk. Texts are redacted first.

        A write of any of the names happens once; returns whether this was it. Raises InvalidFeedback,
        StorageFailed, FeedbackDamaged, KeyReused.
        """
        _check(event)
        table, row = row_of(event)
        with self._file.writing() as connection:
            connection.execute("BEGIN IMMEDIATE")  # a read that turns into a write could fail halfway with SQLITE_BUSY
            claimed = [claim(connection, once) for once in onces]
            if not all(claimed):
                connection.execute("COMMIT")  # of two names, one may be new
                return False
            if not replaced(connection, table, row):
                inserted(connection, table, row)
            if isinstance(event, Vote) and event.answer is not None and event.confidence is not None:
                keep_confidence(connection, event.answer, event.record_id, event.confidence)
            connection.execute("COMMIT")
            return True

    @property
    def failure(self) -> str:
        """Why the last event was not kept, or none could be read; empty where all is well."""
        return self._file.failure

    def verify(self) -> None:
        """Read the whole file. Raises StorageFailed, FeedbackDamaged."""
        self._file.verify()
        for _ in self.events():
            pass
        self.questions.verify()
        self.rejected.digests()

    def is_done(self, once: Once) -> bool:
        """Return whether a write of that name was kept. Raises KeyReused, StorageFailed, FeedbackDamaged."""
        with self._file.reading() as connection:
            return connection is not None and is_claimed(connection, once)

    def forget_old(self, *, now: datetime | None = None) -> int:
        """Delete every event older than is kept, its words overwritten on disk; returns how many there were.

        Raises StorageFailed, FeedbackDamaged.
        """
        if not self._retention_days or not self._file.path.exists():
            return 0
        oldest = as_text((now or datetime.now(UTC)) - timedelta(days=self._retention_days))
        deleted = 0
        with self._file.writing() as connection:
            connection.execute("PRAGMA secure_delete = ON")  # else the words stay in free pages of the file
            connection.execute("BEGIN IMMEDIATE")
            for table in TABLES:
                deleted += connection.execute(f"DELETE FROM {table} WHERE at < ?", (oldest,)).rowcount
            forget_confidences(connection)
            deleted += forget_questions(connection, oldest)
            connection.execute("COMMIT")
            if deleted:
                connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()  # and in the log beside it
        return deleted

    def events(self) -> Iterator[Event]:
        """Yield every event, oldest first. Raises StorageFailed, FeedbackDamaged."""
        with self._file.reading() as connection:
            if connection is None:
                return
            with (
                closing(read_votes(connection)) as votes,
                closing(read_unanswered(connection)) as unanswered,
                closing(read_clicks(connection)) as clicks,
            ):
                kinds: list[Iterator[Event]] = [votes, unanswered, clicks]
                yield from heapq.merge(*kinds, key=attrgetter("at"))

    def votes(self) -> tuple[RecordVotes, ...]:
        """Return the votes per record, most votes against first. Raises StorageFailed, FeedbackDamaged."""
        counts: dict[str, list[int]] = {}
        reasons: dict[str, Counter[str]] = {}
        with self._file.reading() as connection:
            for vote in read_votes(connection) if connection is not None else ():
                if vote.record_id is None:
                    continue
                counts.setdefault(vote.record_id, [0, 0])[vote.helpful] += 1
                if not vote.helpful:
                    reasons.setdefault(vote.record_id, Counter()).update(vote.tags)
        found = (
            RecordVotes(record_id, helpful, against, dict(reasons.get(record_id, Counter()).most_common()))
            for record_id, (against, helpful) in counts.items()
        )
        return tuple(sorted(found, key=lambda votes: (-votes.not_helpful, -votes.helpful, votes.record_id)))

    def most_asked(self, *, at_least: int) -> tuple[str, ...]:
        """Return the ids of the records opened or found helpful at least so often, most often first.

        Raises StorageFailed, FeedbackDamaged.
        """
        counted = """
            SELECT record FROM (
                SELECT record FROM clicks UNION ALL SELECT record FROM votes WHERE helpful = 1 AND record IS NOT NULL
            ) GROUP BY record HAVING count(*) >= ? ORDER BY count(*) DESC, record
        """
        with self._file.reading() as connection:
            rows = connection.execute(counted, (at_least,)).fetchall() if connection is not None else []
        return tuple(str(record_id) for (record_id,) in rows)

    def asked_in_vain(self) -> tuple[AskedInVain, ...]:
        """Return the unanswered questions, most asked first, then newest. Raises StorageFailed, FeedbackDamaged."""
        told: dict[str, list[Unanswered]] = {}
        with self._file.reading() as connection:
            for report in read_unanswered(connection) if connection is not None else ():
                if report.question:
                    told.setdefault(folded(report.question), []).append(report)
        found = [
            AskedInVain(reports[-1].question or "", len(reports), reports[-1].at, _notes(reports))
            for reports in told.values()
        ]
        newest_first = sorted(found, key=attrgetter("last"), reverse=True)
        return tuple(sorted(newest_first, key=attrgetter("times"), reverse=True))

    def unanswered_without_text(self) -> int:
        """Return how many unanswered questions were told by readers whose browser keeps the words private."""
        with self._file.reading() as connection:
            if connection is None:
                return 0
            (count,) = connection.execute(
                "SELECT count(*) FROM unanswered WHERE coalesce(question, '') = ''"
            ).fetchone()
            return int(count)


def _check(event: Event) -> None:
    """Hold an event to the limits, at the door."""
    lengths = {"question": (event.question, limits.FEEDBACK_QUESTION_CHARS)}
    tags: tuple[str, ...] = ()
    if not isinstance(event, Click):
        lengths["note"] = (event.note, limits.NOTE_CHARS)
        tags = event.tags
    for name, (text, most) in lengths.items():
        if text is not None and len(text) > most:
            raise InvalidFeedback(f"the {name} is too long (got {len(text)} characters, expected {most}); shorten it")
    if len(tags) > limits.TAGS_MAX or any(len(tag) > limits.TAG_CHARS for tag in tags):
        raise InvalidFeedback(
            f"too many or too long tags (got {len(tags)}, expected at most {limits.TAGS_MAX} of at most"
            f" {limits.TAG_CHARS} characters); give fewer"
        )


def _notes(reports: list[Unanswered]) -> tuple[str, ...]:
    return tuple(report.note for report in reports if report.note)
