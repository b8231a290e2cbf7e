"""What texts are looked up by in Milvus: numbers. An expression is made of names of fields and of digits alone.

A number is 63 bits of the text's BLAKE2b; of a million texts two have the same one with a probability of 10^-7.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from hashlib import blake2b

from faqkb.kb.language.codes import language_of_tag
from faqkb.kb.records import Filter, Record
from faqkb.kb.store.filter_table import ANY_VERSION, folded, sections_of, versions_of

LABELS = ("tags", "paths", "sections", "versions")
"""The fields of a row that filters look into, beside `language`."""


def key_of(text: str) -> int:
    """Return the number of a text, 0 to 2^63 - 1."""
    return int.from_bytes(blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "big") >> 1


def labels_of(record: Record) -> dict[str, object]:
    """Return the fields that filters look into, of the row of a record or of its passage."""
    return {
        "language": key_of(record.language),
        "tags": _keys(record.tags),
        "paths": _keys([record.source.path, *_folders(record.source.path)]),
        "sections": _keys(sections_of(record)),
        "versions": _keys(versions_of(record)),
    }


def expression_of(wanted: Filter) -> str:
    """Return what lets the same records through as `FilterTable` does: digits and names of fields."""
    parts = []
    if wanted.tags:
        parts.append(_any("tags", wanted.tags))
    if wanted.languages:
        languages = [language_of_tag(each) or each.casefold() for each in wanted.languages]
        parts.append(f"language in [{_listed(languages)}]")
    if wanted.paths:
        parts.append(_any("paths", [text for path in wanted.paths for text in _named(path)]))
    if wanted.sections:
        parts.append(_any("sections", map(folded, wanted.sections)))
    if wanted.versions:
        parts.append(_any("versions", [ANY_VERSION, *map(folded, wanted.versions)]))
    return " and ".join(parts)


def _any(field: str, texts: Iterable[str]) -> str:
    return f"array_contains_any({field}, [{_listed(texts)}])"


def _listed(texts: Iterable[str]) -> str:
    return ",".join(str(key_of(text)) for text in dict.fromkeys(texts))


def _keys(texts: Sequence[str]) -> list[int]:
    return [key_of(text) for text in dict.fromkeys(texts)]


def _folders(path: str) -> Iterator[str]:
    """Yield every folder above a file, each with a slash at its end."""
    for at, char in enumerate(path):
        if char == "/":
            yield path[: at + 1]


def _named(path: str) -> Iterator[str]:
    """Yield what a path may name: the file, where it does not end as a folder's does, and the folder."""
    folder = path.rstrip("/")
    if folder == path:
        yield path
    yield f"{folder}/"
