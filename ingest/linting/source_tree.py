"""Files and flags that answers name, against the source tree that they speak of."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from faqkb.ingest.linted.findings import Finding
from faqkb.ingest.linted.reading import Linted, code_of
from faqkb.ingest.page.markdown import read_inline
from faqkb.ingest.page.model import Block, Kind
from faqkb.kb.errors import ConfigError

_FILES = 200_000  # of a tree; more is a disk, and no source tree
_TEXT_BYTES = 2_000_000  # of a file that is looked into for flags; larger ones are data
_ALL_BYTES = 500_000_000  # looked into altogether
_NAMED_FOLDERS = 12  # at most, of a path that an answer names
_SKIPPED = frozenset({".git", ".hg", ".svn", "node_modules", "__pycache__", ".venv", "venv"})
# `tools/config.txt`: folders, a name, an ending. What is filled in (`<x>`, `$X`, `*`) has other characters.
_NAMED_PATH = re.compile(
    r"(?<![\w./~:$<{*\\-])(?:\./)?((?:[\w-]{1,80}/){1,12}[\w-]{1,80}(?:\.[A-Za-z]\w{0,9}){1,3})(?![\w/*<{$-])"
)
_FLAG = re.compile(r"(?<![\w-])--([A-Za-z][A-Za-z0-9_-]{1,60})(?![\w-])")
_INTERPRETERS = frozenset({"python", "python3", "bash", "sh", "node", "uv", "perl", "ruby", "time", "sudo", "nohup"})
_PLACEHOLDERS = ("path/to", "path_to", "your", "xxx", "example", "foo/", "/foo", "bar/")


@dataclass(frozen=True, slots=True)
class Tree:
    """A source tree: the paths in it, and every word that looks like a flag's."""

    root: Path
    paths: frozenset[str]
    """With forward slashes, relative to the root."""
    names: frozenset[str]
    """The last parts of the paths, with and without their endings."""
    folders: frozenset[str]
    words: frozenset[str]
    """Of the texts, in lower case with `_` for `-`."""
    ends: frozenset[str]
    """The paths, and each without the folders before one: an answer may name thousands."""

    def has(self, path: str) -> bool:
        """Whether there is a file whose path ends so."""
        return path in self.paths or path in self.ends


_WORD = re.compile(rb"[A-Za-z][A-Za-z0-9_-]{1,60}")


def read_tree(root: Path) -> Tree:
    """Return what a source tree holds. Raises ConfigError where it is none, or too large."""
    if not root.is_dir():
        raise ConfigError(f"{root}: no folder (--against names a source tree); correct the path")
    paths: list[str] = []
    words: set[str] = set()
    left = _ALL_BYTES
    for folder, folders, names in os.walk(root):
        folders[:] = sorted(name for name in folders if name not in _SKIPPED)
        for name in sorted(names):
            path = Path(folder, name)
            paths.append(path.relative_to(root).as_posix())
            if len(paths) > _FILES:
                raise ConfigError(f"{root}: more than {_FILES:,} files; name the source tree alone")
            text = _text_of(path) if left > 0 else b""
            left -= len(text)
            words.update(_word(found[0].decode()) for found in _WORD.finditer(text))
    parts = [PurePosixPath(path) for path in paths]
    return Tree(
        root,
        frozenset(paths),
        frozenset(name for part in parts for name in (part.name, part.stem)),
        frozenset(name for part in parts for name in part.parts[:-1]),
        frozenset(words),
        frozenset("/".join(part.parts[at:]) for part in parts for at in range(len(part.parts))[-_NAMED_FOLDERS - 1 :]),
    )


def _word(text: str) -> str:
    return text.replace("-", "_").casefold()


def _text_of(path: Path) -> bytes:
    """Return the bytes of a regular file that holds text and is no FAQ; nothing of any other."""
    try:
        if path.is_symlink() or not path.is_file() or path.stat().st_size > _TEXT_BYTES:
            return b""
        content = path.read_bytes()
    except OSError:
        return b""
    is_prose = path.suffix.lower() in {".md", ".mdx", ".markdown", ".rst", ".txt"}  # they name what is gone as well
    return b"" if b"\0" in content[:1000] or is_prose else content


def gone(linted: Linted, tree: Tree) -> Iterator[Finding]:
    """Yield each file and flag in an answer that the tree does not have."""
    seen: set[str] = set()
    for one in linted.chosen:
        blocks = linted.page.blocks_between(one.span.answer_start, one.span.answer_end)
        texts = [found for block in blocks for found in _code_texts(linted, block)]
        # A flag alone may be of any program, unless the answer speaks of one of ours.
        names_ours = any(_names_file(text, tree) for text, _ in texts)
        for text, line in texts:
            flags = _gone_flags(text, tree) if names_ours or not text.strip().startswith("--") else ()
            for what in (*_gone_paths(text, tree), *flags):
                if what not in seen:
                    seen.add(what)
                    fix = "look what it is called today"
                    yield Finding(linted.name, line, "gone", f"{what} is not in {tree.root.name}", fix)


def _names_file(text: str, tree: Tree) -> bool:
    return any(tree.has(word.removeprefix("./")) for word in text.split() if "." in word)


def _code_texts(linted: Linted, block: Block) -> Iterator[tuple[str, int]]:
    """Yield (text, 1-based line) of each line of code and each piece of code in the text."""
    if block.kind is Kind.CODE:
        _, code = code_of(linted.page, block)
        yield from ((line, block.line + number) for number, line in enumerate(code.split("\n"), 1))
        return
    line = block.line
    for token in read_inline(block.source, linted.page.references) if block.text else ():
        line += token.type in {"softbreak", "hardbreak"}
        if token.type == "code_inline":
            yield token.content, line


def _gone_paths(text: str, tree: Tree) -> Iterator[str]:
    for found in _NAMED_PATH.finditer(text):
        path = found[1]
        first = path.partition("/")[0]
        is_own = first in tree.folders and not any(mark in path.casefold() for mark in _PLACEHOLDERS)
        if is_own and "://" not in text[: found.start() + 3] and not tree.has(path):
            yield path


def _gone_flags(text: str, tree: Tree) -> Iterator[str]:
    if not _is_own_command(text, tree):
        return
    for found in _FLAG.finditer(text):
        if _word(found[1]) not in tree.words:
            yield f"--{found[1]}"


def _is_own_command(text: str, tree: Tree) -> bool:
    """Whether a line runs a program of the tree, or names a flag alone."""
    words = [word for word in text.strip().lstrip("$>#! ").split() if "=" not in word or word.startswith("-")]
    while words and (words[0] in _INTERPRETERS or words[0] == "-m"):
        words = words[1:]
    if not words:
        return False
    program = words[0].removeprefix("./")
    return words[0].startswith("--") or PurePosixPath(program).name in tree.names or tree.has(program)
