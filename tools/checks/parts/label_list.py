"""The part that the checks of label lists share."""

from __future__ import annotations

# --- part label_list ---
# PaddleClas (ppcls/data/dataloader/imagenet_dataset.py) does line.strip().split(delimiter), takes the first field as
# the path and the second as the label; what it would misread is noted here, and read as it was meant.
LIST_BYTES = 256 << 20  # about five million images; a bigger file is something else
LABEL_DIGITS = 19  # of the largest 64-bit integer; Paddle's labels are int64
IGNORED_LABEL = -100  # cross_entropy's default ignore_index: such an image is silently not trained on
SEPARATOR_NAMES = {"tab": "\t", "space": " ", "comma": ",", "\\t": "\t"}
DELIMITERS = {"\t": '"\\t"', " ": '" "'}  # as a YAML file spells them


class LabelList:
    """One list, in columns; entry i stands in line `lines[i]`."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.encoding = "utf-8"
        self.separator = " "
        self.lines: list[int] = []
        self.paths: list[str] = []
        self.labels: list[int] = []
        self.problems: dict[str, list[tuple[int, str]]] = {}
        """Kind of problem -> the lines that have it, with their text."""

    def at(self, line: int) -> str:
        """Return where a line is, as editors and grep write it."""
        return f"{self.name}:{line}"

    def line_of(self, label: int) -> int:
        """Return the first line with a label."""
        return self.lines[self.labels.index(label)]


def add_list_arguments(parser: argparse.ArgumentParser) -> None:
    """Name what every check of label lists can be told."""
    parser.add_argument("lists", nargs="*", metavar="LIST", help="label list, one `path label` a line; training first")
    parser.add_argument(
        "--separator",
        metavar="SEP",
        help="what stands between path and label, the `delimiter` of your configuration: space, tab, comma or a text"
        " (default: a tab where the list has one, else a space)",
    )


def read_lists(arguments: argparse.Namespace) -> list[LabelList]:
    """Read the lists that the command line names."""
    if not arguments.lists:
        script = os.path.basename(__file__)
        raise WrongUse(f"name a label list, e.g. python {script} train_list.txt val_list.txt")
    if arguments.separator == "":
        raise WrongUse("--separator is empty; give space, tab, comma or a text")
    separator = SEPARATOR_NAMES.get(arguments.separator, arguments.separator)
    return [read_label_list(path, separator) for path in arguments.lists]


def read_label_list(path: str, separator: str | None = None) -> LabelList:
    """Read one list, without a separator given with the one it seems to have; what is wrong becomes `problems`."""
    found = LabelList(path)
    text, found.encoding = _decoded(path, _read_bytes(path))
    found.separator = separator or next((mark for mark in "\t ," if mark in text), " ")
    lines = text.split("\n")
    if lines[-1] == "":
        lines.pop()
    if "\0" in text:
        found.problems["nul"] = [(number, line) for number, line in enumerate(lines, 1) if "\0" in line]
        lines = [line.replace("\0", "") for line in lines]
    _read_lines(found, lines)
    return found


def _read_lines(found: LabelList, lines: list[str]) -> None:
    """Fill the columns; 100,000 lines have to take less than a tenth of a second, so the usual line is read here."""
    separator = found.separator
    for number, line in enumerate(lines, 1):
        fields = line.split(separator)
        if len(fields) != 2 or not fields[0] or len(fields[1]) >= LABEL_DIGITS:
            _read_unusual(found, number, line)
            continue
        try:
            label = int(fields[1])
        except ValueError:
            _read_unusual(found, number, line)
            continue
        found.lines.append(number)
        found.paths.append(fields[0])
        found.labels.append(label)


def _read_unusual(found: LabelList, number: int, line: str) -> None:
    """Read a line that is not simply a path, one separator and a number."""
    text = line.strip()
    fields = text.split(found.separator)
    numbers = [_integer(field) for field in fields]
    problem = ""
    if not text:
        problem = "empty"
    elif len(fields) < 2 or not fields[0]:
        problem = "no label"
    elif numbers[-1] is None:
        problem = "no integer"
    elif "" in fields:
        problem = "two separators"
    elif len(fields) > 2:
        # `a.jpg 3 5`: too many fields. `my photo.jpg 3`, `img 1.jpg 3`: the separator is in the path.
        problem = "too many fields" if numbers[1] is not None and "." not in fields[-2] else "separator in path"
    if problem:
        found.problems.setdefault(problem, []).append((number, text[:120]))
    if problem not in {"", "separator in path"}:
        return
    found.lines.append(number)
    found.paths.append(found.separator.join(fields[:-1]))
    found.labels.append(numbers[-1] or 0)


def _integer(text: str) -> int | None:
    """Return a 64-bit integer; None for any other text. Long digits are not converted: that takes quadratic time."""
    text = text.strip()
    if len(text) > LABEL_DIGITS + 1:
        return None
    try:
        number = int(text)
    except ValueError:
        return None
    return number if -(2**63) <= number < 2**63 else None


def _read_bytes(path: str) -> bytes:
    """Return the bytes of a list."""
    if os.path.isdir(path):
        raise WrongUse(f"{path} is a folder; name the list in it, e.g. {os.path.join(path, 'train_list.txt')}")
    try:
        content = bytearray()
        with open(path, "rb") as stream:
            while len(content) <= LIST_BYTES and (piece := stream.read(1 << 20)):  # the size of a pipe is not known
                content += piece
    except FileNotFoundError:
        raise WrongUse(f"{path} does not exist; name a label list that does") from None
    except (OSError, ValueError) as error:
        raise WrongUse(f"{path} cannot be read: {getattr(error, 'strerror', None) or error}") from None
    if len(content) > LIST_BYTES:
        raise WrongUse(f"{path} is bigger than {readable_bytes(LIST_BYTES)}; that is no label list")
    if not content.strip():
        raise WrongUse(f"{path} is empty; a label list has one `path label` a line")
    return bytes(content)


def _decoded(path: str, content: bytes) -> tuple[str, str]:
    """Return the text of a list and its encoding."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16", "replace").replace("\r\n", "\n"), "utf-16"
    bom = content.startswith(b"\xef\xbb\xbf")
    try:
        return content.decode("utf-8-sig"), "utf-8 with BOM" if bom else "utf-8"
    except UnicodeDecodeError as error:
        start, bad_line = error.start, content.count(b"\n", 0, error.start) + 1
    try:
        return content.decode("gb18030"), "gb18030"
    except UnicodeDecodeError:
        raise WrongUse(
            f"{path}:{bad_line} is neither UTF-8 nor GB18030 (byte 0x{content[start]:02x}); save the list as UTF-8"
        ) from None


# --- end of part label_list ---
