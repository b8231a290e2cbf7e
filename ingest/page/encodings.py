"""Bytes to text: UTF-8, UTF-16 and UTF-32 by their mark, GB18030 when it reads as Chinese; else a clear refusal."""

from __future__ import annotations

import codecs
from dataclasses import dataclass

from faqkb.kb.errors import ContentError

# The longer marks first: that of UTF-32 begins with that of UTF-16.
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
    (codecs.BOM_UTF8, "utf-8-sig"),
)
_MAX_NULS = 2  # a stray one is shown as a replacement character
_MAX_NUL_SHARE = 0.01  # of the bytes; more is no text, or UTF-16 without its mark
_MIN_COMMON_SHARE = 0.85  # of the wide characters: real Chinese has over 0.95, UTF-8 misread as GB18030 under 0.6
_LEVEL_ONE = range(0xB0, 0xD8)  # first bytes of the 3,755 common characters in GB 2312
_SIGNS = range(0xA1, 0xAA)  # first bytes of punctuation, full-width letters, kana


@dataclass(frozen=True, slots=True)
class Decoded:
    """The text of a file."""

    text: str
    encoding: str


def decode(content: bytes, name: str) -> Decoded:
    """Return the text of a file.

    Raises ContentError, naming line and byte, when the bytes are no text in an encoding that can be told for sure.
    """
    for mark, encoding in _MARKS:
        if content.startswith(mark):
            return Decoded(_decode_marked(content, encoding, name), encoding)
    if content.count(0) > max(_MAX_NULS, _MAX_NUL_SHARE * len(content)):
        line = content.count(b"\n", 0, content.index(0)) + 1
        raise ContentError(f"{name}:{line}: NUL bytes, so it is binary or UTF-16 without its mark; save it as UTF-8")
    try:
        return Decoded(content.decode("utf-8"), "utf-8")
    except UnicodeDecodeError as error:
        if _reads_as_chinese(content):
            return Decoded(content.decode("gb18030"), "gb18030")
        raise _not_text(content, error, name) from error


def _decode_marked(content: bytes, encoding: str, name: str) -> str:
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as error:
        raise _not_text(content, error, name) from error


def _not_text(content: bytes, error: UnicodeDecodeError, name: str) -> ContentError:
    line = content.count(b"\n", 0, error.start) + 1
    byte = f"byte {error.start} (0x{content[error.start]:02x})"
    return ContentError(f"{name}:{line}: {byte} is not {error.encoding}; save the file as UTF-8")


def _reads_as_chinese(content: bytes) -> bool:
    """Whether the bytes are GB18030 and nearly all wide characters in it are common ones."""
    try:
        text = content.decode("gb18030")
    except UnicodeDecodeError:
        return False
    wide = [char.encode("gb18030")[0] for char in text if not char.isascii()]
    common = sum(first in _LEVEL_ONE or first in _SIGNS for first in wide)
    return bool(wide) and common >= _MIN_COMMON_SHARE * len(wide)
