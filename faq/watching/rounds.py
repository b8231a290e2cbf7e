"""One round of watching: the content is read, and published where nothing speaks against it."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from faqkb.faq.bootstrap import encoder_folder, known_readings, publish, read_content
from faqkb.faq.replacing import Replacing, replace_stored
from faqkb.ingest import Ingested, content_stamp
from faqkb.kb.building.build import Published
from faqkb.kb.errors import ContentError, KbError
from faqkb.kb.model.encoder import Encoder
from faqkb.kb.snapshot.comparing import Difference
from faqkb.kb.snapshot.published import current_snapshot


@dataclass(frozen=True, slots=True)
class Round:
    """What came of reading the content once."""

    problems: tuple[str, ...] = ()
    """What its writer has to mend, one line each; the first says so where nothing was published."""
    published: Published | None = None
    changes: Difference | None = None
    """Against what was live before; None where nothing was."""


class Publisher:
    """Publishes again and again, with the model loaded once."""

    def __init__(self) -> None:
        self._encoder: Encoder | None = None

    def __call__(self, ingested: Ingested, folder: Path) -> Published:
        """Publish what was read. Raises what `faq.bootstrap.publish` raises."""
        wanted = encoder_folder(folder)  # another one after `faq tune`
        if self._encoder is None or self._encoder.folder != wanted:
            self._encoder = Encoder(wanted)
        return publish(ingested, folder, self._encoder)


class Rounds:
    """The rounds over some content and a knowledge base, one after the other."""

    def __init__(
        self,
        paths: Sequence[Path],
        folder: Path,
        how: Replacing,
        publisher: Publisher,
        *,
        strict: bool = False,
        follow_links: bool = False,
    ) -> None:
        """`strict` publishes nothing where there are warnings, `follow_links` reads what links out of PATH lead to."""
        self._follow_links = follow_links
        self.paths = tuple(paths)
        self.folder = folder
        self._how = how
        self._strict = strict
        self._publisher = publisher
        self._known: frozenset[tuple[str, str]] | None = None
        self._live = ""
        self._memory = known_readings()
        self.last = Round()
        self.stamp = content_stamp(self.paths)
        """Of the content as it was just before it was last read."""

    def read(self) -> Ingested:
        """Read the content; what an earlier round read of a file that is the same is not parsed again.

        Raises what read_content raises.
        """
        return read_content(self.paths, self._memory, follow_links=self._follow_links)

    def began_with(self, ingested: Ingested) -> None:
        """Take what was read and published elsewhere as the first round; its warnings are told already."""
        self._known = _told_of(ingested)

    def run(self) -> Round:
        """Read the content, and publish it or say why not; never raises for what the content holds."""
        self.stamp = content_stamp(self.paths)
        try:
            self.last = self._run()
        except (KbError, OSError) as error:
            self.last = Round((str(error),))
        except Exception as error:
            if os.environ.get("FAQ_DEBUG") == "1":
                raise
            self.last = Round((f"nothing was published: the content breaks the reading ({error!r}); report it",))
        self._live = _live_name(self.folder)
        return self.last

    @property
    def is_overtaken(self) -> bool:
        """Whether somebody else published while problems are told, and may have mended them so."""
        return bool(self.last.problems) and _live_name(self.folder) != self._live

    def _run(self) -> Round:
        ingested = self.read()
        if not ingested.records:
            raise ContentError("nothing was published: no question was found; write one, or name other content")
        problems = tuple(self._problems(ingested))
        if self._strict and not ingested.is_clean:
            return Round(("nothing was published: --strict, and there are warnings", *problems))
        changes, published = replace_stored(ingested, self.folder, self._how, self._publisher)
        return Round((*problems, *(published.kept if published else ())), published, changes)

    def _problems(self, ingested: Ingested) -> Iterator[str]:
        """Yield what cannot be read, and the warnings that the first round did not find already."""
        if self._known is None:
            self._known = _told_of(ingested)
        yield from (file.error for file in ingested.files if file.error)
        for path, line, message in ingested.warnings():
            if (path, message) not in self._known:
                yield f"{path}:{line}: {message}"


def _told_of(ingested: Ingested) -> frozenset[tuple[str, str]]:
    """Return the warnings without their lines, which move with every edit above them."""
    return frozenset((path, message) for path, _, message in ingested.warnings())


def _live_name(folder: Path) -> str:
    try:
        return current_snapshot(folder)
    except KbError:
        return ""
