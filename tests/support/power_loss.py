"""What a power loss may leave of recorded writes: any file that was not synced, any entry of a folder that was not.

The model is the strict one of POSIX: `fsync` of a file keeps its bytes and not its name, `fsync` of a folder keeps the
names in it; whatever was not synced may be there or not, each thing for itself, and bytes may be there in part.
"""

from __future__ import annotations

import os
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

MARK = "published"  # what the one who writes said, in between


@dataclass(frozen=True, slots=True)
class Did:
    """One thing that was done to the disk."""

    call: str
    """`mkdir`, `create`, `write`, `fsync`, `link`, `rename`, `remove` or MARK."""
    path: str = ""
    other: str = ""
    content: bytes = b""


class Recording:
    """Records what this process does below a folder; `os` is the seam, as every write of ours goes through it."""

    def __init__(self, folder: Path) -> None:
        self.done: list[Did] = []
        self._folder = str(folder)
        self._opened: dict[int, str] = {}
        self._originals = {name: getattr(os, name) for name in _RECORDED}
        for name in _RECORDED:
            setattr(os, name, lambda *args, _name=name, **named: self._call(_name, args, named))

    def stop(self) -> None:
        """Let the calls be those of the system again."""
        for name, original in self._originals.items():
            setattr(os, name, original)

    def say(self) -> None:
        """Record that the one who writes said that it is done."""
        self.done.append(Did(MARK))

    def _call(self, name: str, args: tuple[object, ...], named: dict[str, object]) -> object:
        was_there = name == "open" and os.path.lexists(str(args[0]))
        given = self._originals[name](*args, **named)
        folder = named.get("dir_fd")
        path = self._opened.get(args[0], "") if isinstance(args[0], int) else os.fspath(args[0])  # type: ignore[call-overload]
        if folder is not None:
            path = f"{self._opened[folder]}/{path}"  # type: ignore[index]
        if name == "open":
            self._opened[given] = path  # type: ignore[index]
        if not path.startswith(self._folder):
            return given
        match name:
            case "open" if args[1] & os.O_CREAT and not was_there:  # type: ignore[operator]
                self.done.append(Did("create", path))
            case "write":
                self.done.append(Did("write", path, content=bytes(args[1][:given])))  # type: ignore[index]
            case "fsync" | "mkdir":
                self.done.append(Did(name, path))
            case "unlink" | "rmdir":
                self.done.append(Did("remove", path))
            case "link":
                self.done.append(Did("link", path, os.fspath(args[1])))  # type: ignore[call-overload]
            case "rename" | "replace":
                self.done.append(Did("rename", path, os.fspath(args[1])))  # type: ignore[call-overload]
        return given


_RECORDED = ("open", "write", "fsync", "mkdir", "unlink", "rmdir", "link", "rename", "replace")


@dataclass(slots=True)
class _File:
    """A file, or a folder, whatever it is called."""

    kept: bytes = b""
    now: bytes = b""


@dataclass(slots=True)
class _Folder:
    kept: dict[str, _Node] = field(default_factory=dict)
    pending: list[dict[str, _Node | None]] = field(default_factory=list)
    """What was done to its entries since it was synced, in order; a rename within it is one thing."""

    def now(self) -> dict[str, _Node]:
        return self.after(self.pending)

    def after(self, done: Sequence[dict[str, _Node | None]]) -> dict[str, _Node]:
        entries: dict[str, _Node | None] = dict(self.kept)
        for each in done:
            entries |= each
        return {name: node for name, node in entries.items() if node is not None}


_Node = _File | _Folder
Tree = dict[str, bytes | None]
"""What is found after a power loss: the bytes of each file by its path, None for a folder."""


class Disk:
    """Takes what was done, and says what may be found after a power loss then."""

    def __init__(self, folder: Path) -> None:
        """Begin with a folder that lies on the disk, all of it synced; paths begin with its parent's."""
        self._above = folder.parent
        self._root = _Folder({folder.name: _read(folder)} if folder.exists() else {})

    def take(self, did: Did) -> None:
        """Do one thing."""
        parent, name = self._at(did.path)
        match did.call:
            case "mkdir" | "create":
                parent.pending.append({name: _Folder() if did.call == "mkdir" else _File()})
            case "write":
                self._file(did.path).now += did.content
            case "fsync":
                self._sync(self._node(did.path))
            case "remove":
                parent.pending.append({name: None})
            case "link":
                other, new = self._at(did.other)
                other.pending.append({new: self._file(did.path)})
            case "rename":
                other, new = self._at(did.other)
                if other is not parent:
                    raise NotImplementedError("a rename between folders is two entries in one step")
                parent.pending.append({new: self._node(did.path), name: None})

    def found(self, chance: random.Random) -> Tree:
        """Return one of the trees that a power loss may leave now."""
        tree: Tree = {}
        self._fill(tree, "", self._root, chance)
        return tree

    def _fill(self, tree: Tree, at: str, folder: _Folder, chance: random.Random) -> None:
        share = chance.choice((0.0, 0.5, 0.5, 1.0))
        kept = folder.after([each for each in folder.pending if chance.random() < share])
        for name, node in kept.items():
            path = f"{at}/{name}" if at else name
            if isinstance(node, _Folder):
                tree[path] = None
                self._fill(tree, path, node, chance)
            else:
                tree[path] = _bytes_of(node, chance)

    def _sync(self, node: _Node) -> None:
        if isinstance(node, _File):
            node.kept = node.now
        else:
            node.kept, node.pending = node.now(), []

    def _at(self, path: str) -> tuple[_Folder, str]:
        above, _, name = path.rpartition("/")
        found = self._root if not path or above == str(self._above) else self._node(above)
        assert isinstance(found, _Folder)
        return found, name

    def _node(self, path: str) -> _Node:
        node: _Node = self._root
        for name in Path(path).relative_to(self._above).parts:
            assert isinstance(node, _Folder)
            node = node.now()[name]
        return node

    def _file(self, path: str) -> _File:
        node = self._node(path)
        assert isinstance(node, _File)
        return node


def _read(path: Path) -> _Node:
    if not path.is_dir():
        content = path.read_bytes()
        return _File(content, content)
    return _Folder({each.name: _read(each) for each in path.iterdir()})


def _bytes_of(file: _File, chance: random.Random) -> bytes:
    """Return what is kept of a file: all, what was synced, a part of the rest, or zeros where its bytes should be."""
    fresh = file.now[len(file.kept) :]
    match chance.randrange(4):
        case 0:
            return file.kept
        case 1:
            return file.kept + fresh[: len(fresh) // 2]
        case 2:
            return file.kept + bytes(len(fresh))
    return file.now


def losses(folder: Path, done: Sequence[Did], each: int) -> Iterator[tuple[bool, Tree]]:
    """Yield what power losses may leave: whether it was said to be done before, and the tree; so many a moment.

    `folder` is as it was before. The same examples come every time.
    """
    chance, disk, was_said = random.Random(17), Disk(folder), False
    for did in done:
        if did.call == MARK:
            was_said = True
        else:
            disk.take(did)
        for _ in range(each):
            yield was_said, disk.found(chance)


def laid_out(tree: Tree, above: Path) -> None:
    """Write a tree into an empty folder."""
    for path, content in tree.items():
        if content is None:
            (above / path).mkdir()
        else:
            (above / path).write_bytes(content)
