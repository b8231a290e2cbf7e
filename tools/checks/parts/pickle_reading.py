"""The part that follows the instructions of a pickle of weights without running anything in it."""

from __future__ import annotations

# --- part pickle_reading ---
# Needs the parts array_file and pickle_stand_ins.
import struct
from typing import IO

MAX_OPERATIONS = 1_000_000  # of a pickle; the largest network of the tables takes about 60,000
MAX_TEXT_BYTES = 16 << 20  # of all texts kept


class PickleReader:
    """Follows the instructions of a pickle without making any of the objects it names.

    Source of the instructions: Lib/pickletools.py of CPython, protocols 2 to 5.
    """

    def __init__(self, stream: IO[bytes], size: int) -> None:
        self.stream, self.size = stream, size
        self.stack: list[Value] = []
        self.memo: dict[int | str, Value] = {}
        self.text_bytes = 0
        self.declared = stream.read(1) == b"\x80"  # protocols from 2 on begin with their number
        stream.seek(0)

    def read(self) -> Value:
        """Return what the pickle would make, arrays without their numbers."""
        for _ in range(MAX_OPERATIONS):
            code = self._take(1)
            if code == b".":
                return self._pop()
            self._follow(code)
        raise Damaged(f"it has more than {MAX_OPERATIONS} instructions; weights need far fewer")

    def _follow(self, code: bytes) -> None:
        if code in CONSTANTS:
            self.stack.append(CONSTANTS[code]())
        elif code in NUMBERS:
            layout = NUMBERS[code]
            self.stack.append(struct.unpack(layout, self._take(struct.calcsize(layout)))[0])
        elif code in TEXTS:
            self.stack.append(self._text(self._length(TEXTS[code])))
        elif code in BYTES:
            length = self._length(BYTES[code])
            _skip(self.stream, length, self.size)
            self.stack.append(Payload(length))
        elif code in INSTRUCTIONS:
            INSTRUCTIONS[code](self)
        elif code in FORBIDDEN:
            self._refuse(f"the instruction {FORBIDDEN[code]}, which makes objects of any class")
        else:
            raise Damaged(
                f"byte 0x{code.hex()} at {self.stream.tell() - 1} is no instruction of a pickle that Paddle writes"
            )

    def _refuse(self, what: str) -> NoReturn:
        """Refuse a pickle; bytes that only happen to look like one are no danger, and no accusation either."""
        if self.declared or what.replace(".", "").isidentifier():
            raise Refused(what)
        raise Damaged("it is neither a pickle nor a .pdiparams file")

    def _take(self, count: int) -> bytes:
        return _exactly(self.stream, count)

    def _length(self, size: int) -> int:
        return int.from_bytes(self._take(size), "little")

    def _text(self, length: int) -> str | Payload:
        """Read a short text; of a long one, which in protocol 2 are an array's bytes as Latin-1, count the letters."""
        if self.stream.tell() + length > self.size:
            _skip(self.stream, length, self.size)
        if length <= MAX_KEPT_BYTES:
            return self._kept(self._take(length))
        letters = 0
        for start in range(0, length, 1 << 20):
            piece = self._take(min(1 << 20, length - start))
            letters += len(piece.translate(None, CONTINUATION_BYTES))
        return Payload(letters)

    def _pop(self) -> Value:
        if not self.stack:
            raise Damaged("an instruction finds nothing to work on")
        return self.stack.pop()

    def _pop_to_mark(self) -> list[Value]:
        for at in range(len(self.stack) - 1, -1, -1):
            if self.stack[at] is MARK:
                values = self.stack[at + 1 :]
                del self.stack[at:]
                return values
        raise Damaged("an instruction finds nothing to work on")

    def _top(self) -> Value:
        if not self.stack:
            raise Damaged("an instruction finds nothing to work on")
        return self.stack[-1]

    def _line(self, encoding: str = "utf-8") -> str:
        line = self.stream.readline(MAX_KEPT_BYTES)
        if not line.endswith(b"\n"):
            raise Damaged(f"it ends in the middle, at byte {self.stream.tell()}")
        return self._kept(line[:-1], encoding)

    def _kept(self, text: bytes, encoding: str = "utf-8") -> str:
        self.text_bytes += len(text)
        if self.text_bytes > MAX_TEXT_BYTES:
            raise Damaged(f"it has more than {MAX_TEXT_BYTES >> 20} MiB of names")
        return text.decode(encoding, "backslashreplace")

    def _global(self, module: Value, name: Value) -> None:
        if not isinstance(module, str) or not isinstance(name, str) or f"{module}.{name}" not in MAKERS:
            self._refuse(f"{module}.{name}"[:120])
        self.stack.append(Global(f"{module}.{name}"))

    def _read_global(self) -> None:
        module = self._line()
        self._global(module, self._line())

    def _stack_global(self) -> None:
        name = self._pop()
        self._global(self._pop(), name)

    def _refuse_instance(self) -> None:
        module = self._line()
        self._refuse(f"{module}.{self._line()}"[:120])

    def _tuple(self, count: int) -> None:
        values = [self._pop() for _ in range(count)]
        self.stack.append(tuple(reversed(values)))

    def _put(self, index: int | str) -> None:
        self.memo[index] = self._top()

    def _get(self, index: int | str) -> None:
        if index not in self.memo:
            raise Damaged("it refers to something that is not there")
        self.stack.append(self.memo[index])

    def _append(self, values: list[Value]) -> None:
        target = self._top()
        if not isinstance(target, list):
            raise Damaged("it appends to what is no list")
        target += values

    def _set(self, values: list[Value]) -> None:
        target = self._top()
        if not isinstance(target, dict) or len(values) % 2:
            raise Damaged("it sets entries of what is no table")
        for key, value in zip(values[::2], values[1::2]):
            if not isinstance(key, (str, int, float, type(None))):
                raise Damaged("a table has a key that is neither text nor number")
            target[key] = value

    def _dict(self) -> None:
        values = self._pop_to_mark()
        self.stack.append({})
        self._set(values)

    def _set_one(self) -> None:
        value = self._pop()
        self._set([self._pop(), value])

    def _append_one(self) -> None:
        self._append([self._pop()])

    def _reduce(self) -> None:
        arguments, function = self._pop(), self._pop()
        if not isinstance(function, Global) or not isinstance(arguments, tuple):
            raise Refused("a call of something that is not a plain name")
        self.stack.append(_made(function.name, arguments))

    def _build(self) -> None:
        state, target = self._pop(), self._top()
        if isinstance(target, Dtype):
            return
        if not isinstance(target, Array):
            raise Refused("a change of an object that is no array")
        if not isinstance(state, tuple) or len(state) != 5:
            raise Damaged("an array has no shape")
        _filled(target, state[1], state[2], state[4])

    def _long(self) -> None:
        length = self._length(1)
        self.stack.append(int.from_bytes(self._take(length), "little", signed=True) if length <= 8 else Payload(length))


def _integer(text: str) -> int:
    if not text.removeprefix("-").isdecimal() or len(text) > 20:
        raise Damaged("a number is none")
    return int(text)


CONTINUATION_BYTES = bytes(range(0x80, 0xC0))  # in UTF-8 every other byte begins a letter
CONSTANTS = {
    b"(": lambda: MARK,
    b")": tuple,
    b"]": list,
    b"}": dict,
    b"N": lambda: None,
    b"\x88": lambda: True,
    b"\x89": lambda: False,
}
NUMBERS = {b"J": "<i", b"K": "<B", b"M": "<H", b"G": ">d"}
TEXTS = {b"X": 4, b"\x8c": 1, b"\x8d": 8}
BYTES = {b"B": 4, b"C": 1, b"\x8e": 8, b"\x96": 8, b"T": 4, b"U": 1}
INSTRUCTIONS = {
    b"\x80": lambda reader: reader._take(1),  # PROTO
    b"\x95": lambda reader: reader._take(8),  # FRAME
    b"c": PickleReader._read_global,
    b"\x93": PickleReader._stack_global,
    b"i": PickleReader._refuse_instance,
    b"t": lambda reader: reader.stack.append(tuple(reader._pop_to_mark())),
    b"\x85": lambda reader: reader._tuple(1),
    b"\x86": lambda reader: reader._tuple(2),
    b"\x87": lambda reader: reader._tuple(3),
    b"q": lambda reader: reader._put(reader._length(1)),
    b"r": lambda reader: reader._put(reader._length(4)),
    b"\x94": lambda reader: reader._put(len(reader.memo)),
    b"h": lambda reader: reader._get(reader._length(1)),
    b"j": lambda reader: reader._get(reader._length(4)),
    b"a": PickleReader._append_one,
    b"e": lambda reader: reader._append(reader._pop_to_mark()),
    b"s": PickleReader._set_one,
    b"u": lambda reader: reader._set(reader._pop_to_mark()),
    b"R": PickleReader._reduce,
    b"b": PickleReader._build,
    b"\x8a": PickleReader._long,
    b"0": PickleReader._pop,
    # Protocol 0, which Paddle does not write: followed as far as to name what such a file would run.
    b"1": PickleReader._pop_to_mark,
    b"2": lambda reader: reader.stack.append(reader._top()),
    b"S": lambda reader: reader.stack.append(reader._line()),
    b"V": lambda reader: reader.stack.append(reader._line("raw-unicode-escape")),
    b"I": lambda reader: reader.stack.append(_integer(reader._line())),
    b"L": lambda reader: reader.stack.append(_integer(reader._line().rstrip("L"))),
    b"F": lambda reader: reader.stack.append(reader._line()),
    b"p": lambda reader: reader._put(reader._line()),
    b"g": lambda reader: reader._get(reader._line()),
    b"l": lambda reader: reader.stack.append(reader._pop_to_mark()),
    b"d": PickleReader._dict,
}
FORBIDDEN = {
    b"o": "OBJ",
    b"\x81": "NEWOBJ",
    b"\x92": "NEWOBJ_EX",
    b"\x82": "EXT1",
    b"\x83": "EXT2",
    b"\x84": "EXT4",
    b"P": "PERSID",
    b"Q": "BINPERSID",
}


# --- end of part pickle_reading ---
