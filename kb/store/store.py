"""Reads `records.sqlite`; any number of threads may."""

from __future__ import annotations

from pathlib import Path

from faqkb.kb.errors import SnapshotDamaged
from faqkb.kb.index.postings import Entry, PostingsFile
from faqkb.kb.store.check_table import CheckTable
from faqkb.kb.store.connections import Connections
from faqkb.kb.store.filter_table import FilterTable
from faqkb.kb.store.passage_table import PassageTable
from faqkb.kb.store.record_table import RecordTable
from faqkb.kb.store.word_table import WordTable


class Store:
    """An opened `records.sqlite`, by its tables."""

    def __init__(self, path: Path) -> None:
        """Open a file whose checksum holds; its tables are ours and agree with each other. Raises SnapshotDamaged."""
        self._connections = Connections(path)
        try:
            self.records = RecordTable(self._connections)
            self.filters = FilterTable(self._connections, self.records.count)
            self.passages = PassageTable(self._connections)
            self.checks = CheckTable(self._connections)
        except SnapshotDamaged:
            self.close()
            raise
        except (ValueError, TypeError) as error:  # of values that no writer of ours stores
            self.close()
            raise self._connections.damaged(error) from error

    def words(self, postings: PostingsFile) -> WordTable:
        """Return the lexical index whose postings lie in a file of their own."""
        return WordTable(self._connections, postings)

    def word_entries(self) -> dict[str, Entry]:
        """Return where the postings of every word lie."""
        rows = self._connections.rows("SELECT word, first, records, most FROM words")
        return {word: Entry(first, records, most) for word, first, records, most in rows}

    def word_names(self) -> dict[str, str]:
        """Return which file each name stands for, as `WordTable.named_by` gives it."""
        return {word: str(source) for word, source in self._connections.rows("SELECT word, source FROM names")}

    def close(self) -> None:
        """Close every thread's connection."""
        self._connections.close()
