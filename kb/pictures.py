"""Pictures that answers show: what is taken for one, what it is called, and where it stands in stored HTML.

A picture is named by its bytes, `<sha256>.<suffix>`, so what an address shows never changes. Stored HTML names it by an
address that starts at the server's root, `/pictures/<name>`; who shows the HTML elsewhere puts another one there.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

FOLDER = "pictures"
STORED_AT = f"/{FOLDER}/"
_STARTS = {
    "png": re.compile(rb"\x89PNG\r\n\x1a\n"),
    "jpg": re.compile(rb"\xff\xd8\xff"),
    "gif": re.compile(rb"GIF8[79]a"),
    "webp": re.compile(rb"RIFF.{4}WEBP", re.DOTALL),
    "avif": re.compile(rb".{4}ftypavi[fs]", re.DOTALL),
}
"""How the bytes begin, by suffix. No SVG: it can hold scripts, and is a page of its own where its address is opened."""
_TYPES = {suffix: f"image/{suffix}" for suffix in _STARTS} | {"jpg": "image/jpeg"}
_NAME = rf"[0-9a-f]{{64}}\.(?:{'|'.join(_STARTS)})"
_ADDRESS = re.compile(rf"{STORED_AT}({_NAME})")
# Of sanitised HTML: names in lower case, values in double quotes, no other `"` in them.
_SHOWN = re.compile(rf'(<img(?: [a-z]+="[^"]*")*? src="){STORED_AT}({_NAME})(?=")')


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture on disk."""

    name: str
    """`<sha256>.<suffix>`."""
    path: Path
    """Where its bytes are now."""
    size: int
    """Bytes."""

    @property
    def sha256(self) -> str:
        """64 hex digits."""
        return sha256_of(self.name)


def suffix_of(content: bytes) -> str | None:
    """Return the suffix of a kind of picture that every browser shows, by how it begins; None for all else."""
    return next((suffix for suffix, start in _STARTS.items() if start.match(content)), None)


def media_type(name: str) -> str:
    """Return the Content-Type of a picture by its name."""
    return _TYPES[name.rpartition(".")[2]]


def sha256_of(name: str) -> str:
    """Return the SHA-256 that a picture's name tells."""
    return name.partition(".")[0]


def is_picture_name(name: str) -> bool:
    """Return whether a text is the name of a picture: no such name leaves its folder."""
    return is_stored_address(stored_address(name))


def stored_address(name: str) -> str:
    """Return how stored HTML names a picture."""
    return f"{STORED_AT}{name}"


def is_stored_address(address: str) -> bool:
    """Return whether an address is that of a stored picture."""
    return _ADDRESS.fullmatch(address) is not None


def name_at(address: str) -> str:
    """Return the name of the picture that a stored address is of."""
    return address.removeprefix(STORED_AT)


def names_shown(answers: Iterable[str]) -> frozenset[str]:
    """Return the names of the stored pictures that some sanitised HTML shows."""
    return frozenset(found[2] for html in answers if STORED_AT in html for found in _SHOWN.finditer(html))


def with_addresses(html: str, address_of: Callable[[str], str]) -> str:
    """Return sanitised HTML with another address for each stored picture, made of its name; it needs no escaping."""
    if STORED_AT not in html:
        return html
    return _SHOWN.sub(lambda found: f"{found[1]}{address_of(found[2])}", html)
