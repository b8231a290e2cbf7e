"""Values between two processes of ours: dataclasses as JSON lists of their fields, told apart by their types alone.

Nothing in them names a class or runs code, and what does not fit its type is an error.
"""

from __future__ import annotations

import json
import socket
import struct
import types
from collections.abc import Callable, Sequence
from dataclasses import fields, is_dataclass
from enum import Enum
from functools import cache, partial
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

_LENGTH = struct.Struct("!I")
_MOST_BYTES = 256 * 1024 * 1024  # of one message: 20 answers of 64,000 characters, and their HTML, are 10 MB


class WireBroken(Exception):
    """The other process is gone, or says what no process of ours says."""


def send(connection: socket.socket, message: Any) -> None:
    """Send a message of lists, texts and numbers. Raises WireBroken."""
    content = json.dumps(message, separators=(",", ":")).encode()
    try:
        connection.sendall(_LENGTH.pack(len(content)) + content)
    except OSError as error:
        raise WireBroken(str(error)) from error


def receive(connection: socket.socket) -> Any:
    """Return the next message. Raises WireBroken, also where it takes longer than the connection's timeout."""
    (length,) = _LENGTH.unpack(_read(connection, _LENGTH.size))
    if length > _MOST_BYTES:
        raise WireBroken(f"a message of {length} bytes")
    try:
        return json.loads(_read(connection, length))
    except ValueError as error:
        raise WireBroken(str(error)) from error


def _read(connection: socket.socket, count: int) -> bytes:
    content = bytearray()
    while len(content) < count:
        try:
            part = connection.recv(min(count - len(content), 1 << 20))
        except OSError as error:
            raise WireBroken(str(error)) from error
        if not part:
            raise WireBroken("the connection was closed")
        content += part
    return bytes(content)


def packed(value: Any) -> Any:
    """Return a value as lists, texts and numbers."""
    if isinstance(value, Enum):
        return value.value
    if value is None or isinstance(value, str | int | float):
        return value
    if isinstance(value, Sequence):
        return [packed(each) for each in value]
    if isinstance(value, dict):
        return {name: packed(each) for name, each in value.items()}
    return [packed(getattr(value, name)) for name in _names(value.__class__)]


def unpacked(kind: Any, sent: Any) -> Any:
    """Return the value of a type that was sent. Raises WireBroken."""
    try:
        return _reader(kind)(sent)
    except (TypeError, ValueError, AttributeError) as error:
        raise WireBroken(f"no {kind}: {error}") from error


@cache
def _names(kind: Any) -> tuple[str, ...]:
    if not is_dataclass(kind):
        raise TypeError(f"{kind} cannot be sent")
    return tuple(field.name for field in fields(kind))


@cache
def _reader(kind: Any) -> Callable[[Any], Any]:
    """Return what makes a value of a type from what was sent of it."""
    origin, inner = get_origin(kind), get_args(kind)
    if origin is tuple:
        return _tuple_reader(inner)
    if origin is dict:
        of_value = _reader(inner[1])
        return lambda sent: {name: of_value(each) for name, each in sent.items()}
    if origin in {types.UnionType, Union}:
        (own,) = (_reader(one) for one in inner if one is not types.NoneType)
        return lambda sent: None if sent is None else own(sent)
    if is_dataclass(kind):
        return partial(_read_dataclass, kind)
    if isinstance(kind, type) and issubclass(kind, Enum):
        return kind
    allowed = {type(each) for each in inner} if origin is Literal else {int, float} if kind is float else {kind}
    return lambda sent: _checked(sent, allowed)


def _tuple_reader(inner: tuple[Any, ...]) -> Callable[[Any], Any]:
    if len(inner) == 2 and inner[1] is Ellipsis:
        of_each = _reader(inner[0])
        return lambda sent: tuple(map(of_each, sent))
    readers = [_reader(each) for each in inner]
    return lambda sent: tuple(read(each) for read, each in zip(readers, sent, strict=True))


@cache
def _field_readers(kind: Any) -> tuple[Callable[[Any], Any], ...]:
    types_of = get_type_hints(kind)
    return tuple(_reader(types_of[name]) for name in _names(kind))


def _read_dataclass(kind: Any, sent: Any) -> Any:
    # Its fields are looked at when one comes: an answer holds answers.
    return kind(*[read(each) for read, each in zip(_field_readers(kind), sent, strict=True)])


def _checked(sent: Any, allowed: set[type]) -> Any:
    if type(sent) not in allowed:
        raise TypeError(f"got {type(sent).__name__}")
    return sent
