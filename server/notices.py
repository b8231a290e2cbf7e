"""Between the server and whoever publishes in the same process while the content is written."""

from __future__ import annotations

from collections.abc import Callable


class Notices:
    """What the pages say of the content, and who hears at once that something was published."""

    def __init__(self) -> None:
        self.problems: tuple[str, ...] = ()
        """Of the content as it was last read: one line of plain text each, none once all is mended."""
        self.look: Callable[[], None] = lambda: None
        """To be called after a publish; the server puts there what loads the new snapshot."""
