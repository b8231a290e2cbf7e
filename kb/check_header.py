"""The header of a check script: PEP 723 metadata with a table `[tool.faq-check]`, read and checked."""

from __future__ import annotations

import ast
import hashlib
import tomllib
import warnings
from collections.abc import Mapping
from typing import Any

from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import InvalidSpecifier, SpecifierSet

from faqkb.kb import limits
from faqkb.kb.checks import Check, Signature, is_check_id
from faqkb.kb.errors import CheckMalformed
from faqkb.kb.text import STEERING

_OPENING, _CLOSING = "# /// script", "# ///"
_NEEDS = frozenset({"cpu", "gpu", "docker"})
_DEFAULT_LIMIT_SECONDS = 60.0
_SIGNATURE_CHARS = 4  # fewer are found in anything
_TITLE_IN = "title_"  # and a language code: title_zh
_FIELDS = {"id", "version", "title", "answers", "reads", "writes", "needs", "limit_seconds", "signatures"}


def parse_check(script: bytes, name: str) -> Check:
    """Return the check of a script; `name` is its file name without `.py`. Raises CheckMalformed."""
    if len(script) > limits.CHECK_BYTES:
        raise _malformed(name, f"{len(script):,} bytes (limit {limits.CHECK_BYTES:,})", "a check is one short file")
    try:
        text = script.decode("utf-8")
        with warnings.catch_warnings(action="ignore"):  # of Python, about what a stranger wrote
            description = ast.get_docstring(ast.parse(text)) or ""
    except (UnicodeDecodeError, SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise _malformed(name, f"is not Python in UTF-8 ({error})", "mend it") from error
    _refuse_steering(text, description, name)
    header = _read_header(text, name)
    table = _table(header, name)
    if table.get("id") != name:
        raise _malformed(name, f"its header says id = {table.get('id')!r}", f'write id = "{name}" or rename the file')
    if not is_check_id(name):
        raise _malformed(name, "its id holds more than a-z, 0-9, - and _", "rename it")
    return Check(
        id=name,
        version=_shown(str(table.get("version", "0")), "version", name),
        title=_title(table, "title", name),
        titles={key.removeprefix(_TITLE_IN): _title(table, key, name) for key in table if key.startswith(_TITLE_IN)},
        answers=_texts(table, "answers", name),
        reads=_texts(table, "reads", name),
        writes=_texts(table, "writes", name),
        needs=_needs(table, name),
        limit_seconds=_limit(table, name),
        dependencies=_dependencies(header, name),
        requires_python=_requires_python(header, name),
        signatures=_signatures(table, name),
        description=description,
        sha256=hashlib.sha256(script).hexdigest(),
        script=script,
    )


def _refuse_steering(text: str, description: str, name: str) -> None:
    """Refuse characters that a terminal obeys: they would show a reader another script than the one that runs."""
    found = STEERING.search(text)
    if found:
        line = text.count("\n", 0, found.start()) + 1
        raise _malformed(name, f"line {line} holds U+{ord(found.group()):04X}, which is not shown", "take it out")
    if STEERING.search(description):
        raise _malformed(name, "its docstring holds a control character", "take it out")


def _read_header(text: str, name: str) -> dict[str, Any]:
    """Return the PEP 723 metadata of a script."""
    lines = text.splitlines()
    openings = [number for number, line in enumerate(lines) if line.rstrip() == _OPENING]
    if len(openings) != 1:
        raise _malformed(name, f"holds {len(openings)} lines `{_OPENING}`", "begin it with one PEP 723 header")
    content = []
    for line in lines[openings[0] + 1 :]:
        if line.rstrip() == _CLOSING:
            break
        if line.rstrip() != "#" and not line.startswith("# "):
            raise _malformed(name, f"its header has no closing line `{_CLOSING}`", "close it")
        content.append(line[2:])
    else:
        raise _malformed(name, f"its header has no closing line `{_CLOSING}`", "close it")
    try:
        return tomllib.loads("\n".join(content))
    except (ValueError, RecursionError) as error:  # TOMLDecodeError, a number of 5,000 digits, a list within lists
        raise _malformed(name, f"its header is not TOML ({error})", "correct it") from error


def _table(header: Mapping[str, Any], name: str) -> dict[str, Any]:
    tool = header.get("tool")
    table = tool.get("faq-check") if isinstance(tool, dict) else None
    if not isinstance(table, dict):
        raise _malformed(name, "its header has no table [tool.faq-check]", "see `faq check new`")
    unknown = sorted(key for key in set(table) - _FIELDS if not key.startswith(_TITLE_IN))
    if unknown:
        raise _malformed(name, f"its header holds {', '.join(unknown)}", f"it may hold {', '.join(sorted(_FIELDS))}")
    return table


def _title(table: Mapping[str, Any], field: str, name: str) -> str:
    title = table.get(field)
    if not isinstance(title, str) or not title.strip():
        raise _malformed(name, f"its header has no {field}", "say in one line what it finds out")
    return _shown(" ".join(title.split()), field, name)


def _texts(table: Mapping[str, Any], field: str, name: str) -> tuple[str, ...]:
    """Return a list of texts; one text counts as a list of one."""
    value = table.get(field, [])
    texts = [value] if isinstance(value, str) else value
    if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
        raise _malformed(name, f"{field} is {value!r}", "write a list of texts")
    return tuple(dict.fromkeys(_shown(text, field, name) for text in texts if text))


def _shown(text: str, field: str, name: str) -> str:
    """Return a text of the header that is one line and shows all that it holds."""
    if "\n" in text or STEERING.search(text):
        raise _malformed(name, f"{field} is {text!r}", "write it as one line without control characters")
    return text


def _needs(table: Mapping[str, Any], name: str) -> tuple[str, ...]:
    needs = _texts(table, "needs", name)
    if not set(needs) <= _NEEDS:
        raise _malformed(name, f"needs is {list(needs)}", f"it may hold {', '.join(sorted(_NEEDS))}")
    return needs


def _limit(table: Mapping[str, Any], name: str) -> float:
    limit = table.get("limit_seconds", _DEFAULT_LIMIT_SECONDS)
    if isinstance(limit, bool) or not isinstance(limit, int | float) or not 0 < limit <= limits.CHECK_SECONDS_MAX:
        raise _malformed(name, f"limit_seconds is {limit!r}", f"write a number up to {limits.CHECK_SECONDS_MAX}")
    return float(limit)


def _dependencies(header: Mapping[str, Any], name: str) -> tuple[str, ...]:
    """Return the packages; each is a name of an index, so none can be an option of the installer, a file or an URL."""
    dependencies = _texts(header, "dependencies", name)
    try:
        for text in dependencies:
            if Requirement(text).url:
                raise _malformed(name, f"dependencies: {text} is an address", "write requirements such as numpy>=2")
    except InvalidRequirement as error:
        raise _malformed(name, f"dependencies: {error}", "write requirements such as numpy>=2") from error
    return dependencies


def _requires_python(header: Mapping[str, Any], name: str) -> str:
    wanted = str(header.get("requires-python", ""))
    try:
        SpecifierSet(wanted)
    except InvalidSpecifier as error:
        raise _malformed(name, f"requires-python: {error}", 'write e.g. requires-python = ">=3.9"') from error
    return wanted


def _signatures(table: Mapping[str, Any], name: str) -> tuple[Signature, ...]:
    entries = table.get("signatures", [])
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise _malformed(name, "signatures is no list of tables", "write [[tool.faq-check.signatures]]")
    found = []
    for entry in entries:
        words = _texts(entry, "words", name)
        if not isinstance(entry.get("error"), str) or not words or any(len(word) < _SIGNATURE_CHARS for word in words):
            raise _malformed(
                name,
                "a signature lacks error or words, or has too short ones",
                f"write {_SIGNATURE_CHARS} characters or more",
            )
        found.append(Signature(entry["error"], words, _texts(entry, "answers", name)))
    return tuple(found)


def _malformed(name: str, what: str, remedy: str) -> CheckMalformed:
    return CheckMalformed(" ".join(f"{name}.py: {what}; {remedy}".split()))
