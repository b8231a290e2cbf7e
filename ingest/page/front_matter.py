"""Front matter: the YAML or TOML that many site generators read at the head of a Markdown file."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from faqkb.kb import limits

_CHARS = 64_000  # a second of PyYAML; more is data
_QUESTION_KEYS = ("question", "q", "title", "name")
_ANSWER_KEYS = ("answer", "a", "text", "content", "body")
_LIST_KEYS = ("faqs", "faq", "questions", "qa", "items")
_TAGS = {None, "!", "tag:yaml.org,2002:str"}  # none, and the two that say that a text is one
_NOTHING = "tag:yaml.org,2002:null"
_SIGNED = frozenset({"author", "authors", "byline"})
_VERSION_KEY = "version"
_LANGUAGE_KEYS = ("lang", "language", "locale")


@dataclass(frozen=True, slots=True)
class Pair:
    """A question and its answer, written in the front matter."""

    question: str
    answer: str


@dataclass(frozen=True, slots=True)
class FrontMatter:
    """What of the front matter concerns a FAQ."""

    title: str = ""
    question: str = ""
    """The file answers this one question."""
    language: str = ""
    versions: tuple[str, ...] = ()
    """Of the product that the file is about, as they are written: `2.10`, not 2.1."""
    pairs: tuple[Pair, ...] = ()
    signed: bool = False
    """It names an author, as that of a blog post does."""
    problem: str = ""
    """Why it could not be read."""


NO_FRONT_MATTER = FrontMatter()


def read_front_matter(source: str, *, toml: bool = False) -> FrontMatter:
    """Return what YAML, or TOML, at the head of a file says; what cannot be read is a problem, a title still counts."""
    if len(source) > _CHARS:
        return FrontMatter(_title_line(source), problem=f"front matter of more than {_CHARS:,} characters is not read")
    try:
        values = tomllib.loads(source) if toml else _read_yaml(source)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        problem = " ".join(str(error).split())
        return FrontMatter(_title_line(source), problem=f"front matter that cannot be read: {problem}")
    if not isinstance(values, dict):
        return NO_FRONT_MATTER
    keys = {str(key).casefold(): value for key, value in values.items()}
    texts = {key: " ".join(value.split()) for key, value in keys.items() if isinstance(value, str)}
    return FrontMatter(
        title=texts.get("title", ""),
        question=texts.get("question", ""),
        language=next((texts[key] for key in _LANGUAGE_KEYS if texts.get(key)), ""),
        versions=_versions(source, toml=toml) if _VERSION_KEY in keys else (),
        pairs=tuple(_pairs(keys)),
        signed=not _SIGNED.isdisjoint(keys),
    )


def _read_yaml(source: str) -> Any:
    """Return what YAML of strangers says, once it is known to hold nothing that only costs.

    No aliases, with which a short text can grow without end; no tags, which PyYAML puts on any text and then fails in
    ways of its own; no deep nesting, with which its time grows by the square. Raises ValueError, yaml.YAMLError.
    """
    depth = 0
    for event in yaml.parse(source, Loader=yaml.SafeLoader):
        if isinstance(event, yaml.AliasEvent):
            raise ValueError("an alias (`*name`) is not read")
        if getattr(event, "tag", None) not in _TAGS:
            raise ValueError("a tag (`!name`) is not read")
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > limits.NESTING_LEVELS:
            raise ValueError(f"nested deeper than {limits.NESTING_LEVELS} levels")
    return yaml.safe_load(source)


def yaml_problem(source: str) -> str:
    """Return what is wrong with a text that says it is YAML, in one line; empty where it is."""
    if len(source) > _CHARS:
        return ""
    try:
        depth = 0
        for event in yaml.parse(source, Loader=yaml.SafeLoader):
            depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
            if depth > limits.NESTING_LEVELS:
                return f"nested deeper than {limits.NESTING_LEVELS} levels"
    except yaml.MarkedYAMLError as error:
        where = f" (line {error.problem_mark.line + 1} of it)" if error.problem_mark else ""
        return f"{error.problem or error.context}{where}"
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        return " ".join(str(error).split())
    return ""


def _versions(source: str, *, toml: bool) -> tuple[str, ...]:
    """Return the versions that readable front matter names; a number keeps the digits that it is written with."""
    if toml:
        values = tomllib.loads(source, parse_float=str)
        named: Any = next((value for key, value in values.items() if key.casefold() == _VERSION_KEY), [])
        several = named if isinstance(named, list) else [named]
        texts = [str(each) for each in several if isinstance(each, str | int) and not isinstance(each, bool)]
    else:
        pairs = yaml.compose(source, Loader=yaml.SafeLoader).value
        node = next(value for key, value in pairs if str(key.value).casefold() == _VERSION_KEY)
        nodes = node.value if isinstance(node, yaml.SequenceNode) else [node]
        texts = [each.value for each in nodes if isinstance(each, yaml.ScalarNode) and each.tag != _NOTHING]
    return tuple(dict.fromkeys(" ".join(text.split()) for text in texts if text.strip()))


def _title_line(source: str) -> str:
    for line in source.split("\n"):
        key, colon, value = line.partition(":")
        if colon and key == "title":
            return value.strip().strip("\"'")
    return ""


def _pairs(values: Mapping[Any, Any]) -> list[Pair]:
    """Return the questions and answers of a list such as `faqs:`."""
    pairs = []
    for key in _LIST_KEYS:
        entries = values.get(key)
        for entry in entries if isinstance(entries, list) else ():
            if isinstance(entry, dict):
                question, answer = _value(entry, _QUESTION_KEYS), _value(entry, _ANSWER_KEYS)
                if question and answer:
                    pairs.append(Pair(" ".join(question.split()), answer.strip()))
    return pairs


def _value(entry: Mapping[Any, Any], keys: tuple[str, ...]) -> str:
    """Return the first text that stands under one of the keys, else an empty one."""
    found = (entry.get(key) for key in keys)
    return next((value for value in found if isinstance(value, str) and value.strip()), "")
