"""What whoever writes the content is told on the pages, while he writes it."""

from __future__ import annotations


class Notices:
    """The problems of the content as it was last read; set from one thread, read by all."""

    def __init__(self) -> None:
        self.problems: tuple[str, ...] = ()
        """One line of plain text each; none once all is mended."""
