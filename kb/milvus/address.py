"""Where a knowledge base lies in Milvus, and what its collections are called."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from faqkb.kb.errors import ConfigError
from faqkb.kb.snapshot.manifest import is_name

KINDS = ("passages", "tokens", "records", "parts")
"""The collections of a snapshot; the last one is what the aliases lead to."""
_BASE = re.compile(r"[a-z][a-z0-9_]{0,39}")
_SERVER = re.compile(r"https?://[A-Za-z0-9.\-\[\]:_]+/?")
_FILE_ENDING = ".db"


@dataclass(frozen=True, slots=True)
class MilvusAddress:
    """A knowledge base on a Milvus server. Raises ConfigError."""

    uri: str
    """`http://host:19530`, `https://…`, or a file `….db` of milvus-lite."""
    token: str = field(default="", repr=False)
    """`user:password` or an API key, empty where the server wants none."""
    base: str = "faq"
    """Name of the knowledge base among others on that server."""

    def __post_init__(self) -> None:
        if not self.is_file and not _SERVER.fullmatch(self.uri):
            raise ConfigError(
                f"milvus_address is no address (got {self.uri[:80]!r}, expected http://host:19530, https://host or a"
                " file that ends in .db); correct it in faq.toml or FAQ_MILVUS_ADDRESS"
            )
        if not _BASE.fullmatch(self.base):
            raise ConfigError(
                f"milvus_base is no name (got {self.base[:80]!r}, expected a small letter, then small letters, digits"
                " and _, 40 at most); correct it in faq.toml or FAQ_MILVUS_BASE"
            )

    def __str__(self) -> str:
        return f"{self.base} in {self.uri}"

    @property
    def is_file(self) -> bool:
        """Whether this is a file of milvus-lite."""
        return self.uri.endswith(_FILE_ENDING) and "\0" not in self.uri

    @property
    def live_alias(self) -> str:
        """Alias of the live snapshot: switching it is what publishing and rolling back come down to."""
        return f"faq__{self.base}__live"

    def whole_alias(self, snapshot: str) -> str:
        """Return the alias that a snapshot gets once all of it is there and counted."""
        return f"{self._stem(snapshot)}__whole"

    def collection(self, snapshot: str, kind: str) -> str:
        """Return the name of one of a snapshot's collections."""
        return f"{self._stem(snapshot)}__{kind}"

    def snapshot_of(self, collection: str) -> str | None:
        """Return the snapshot that a collection belongs to, None where it is none of this knowledge base."""
        stem, _, kind = collection.rpartition("__")
        start = f"faq__{self.base}__"
        name = stem.removeprefix(start).replace("_", "-")
        return name if stem.startswith(start) and kind in KINDS and is_name(name) else None

    def _stem(self, snapshot: str) -> str:
        return f"faq__{self.base}__{snapshot.replace('-', '_')}"
