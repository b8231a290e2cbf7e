"""The readings of this run, above those that earlier ones left on disk: few files change in between."""

from __future__ import annotations

from collections.abc import Sequence

from faqkb.ingest.known.cache import ReadingCache
from faqkb.ingest.known.content import Content
from faqkb.ingest.known.reading import Reading

_KEPT = 2_000  # documents; a hundred thousand records of ordinary text take a gigabyte


class ReadingMemory:
    """What was read earlier, by content."""

    def __init__(self, cache: ReadingCache | None = None) -> None:
        """Without a `cache`, nothing is known at the start and nothing is left on disk."""
        self._readings: dict[Content, Reading] = {}
        self._cache = cache

    def readings_of(self, contents: Sequence[Content]) -> dict[Content, Reading]:
        """Return what earlier readings brought, those of them that there were."""
        known = {content: self._readings.pop(content) for content in contents if content in self._readings}
        if self._cache:
            known |= self._cache.readings_of([content for content in contents if content not in known])
        for content, reading in known.items():  # what was asked for last goes last
            self._put(content, reading)
        return known

    def keep(self, content: Content, reading: Reading) -> None:
        """Remember what was read now; on disk within seconds, or at `flush`."""
        self._readings.pop(content, None)
        self._put(content, reading)
        if self._cache:
            self._cache.keep(content, reading)

    def flush(self) -> None:
        """Write to disk what is not there yet."""
        if self._cache:
            self._cache.flush()

    def _put(self, content: Content, reading: Reading) -> None:
        self._readings[content] = reading
        if len(self._readings) > _KEPT:
            del self._readings[next(iter(self._readings))]
