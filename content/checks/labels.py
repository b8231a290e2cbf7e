# Made from tools/checks/labels.py and the parts label_list and contract
# by `python tools/assemble_checks.py`; change those, not this file.

# /// script
# requires-python = ">=3.9"
# dependencies = []
#
# [tool.faq-check]
# id = "labels"
# version = "1.0"
# title = "Do the labels of a list fit class_num?"
# title_zh = "标签列表和 class_num 对得上吗？"
# answers = ["faq_2021_s1/Q2.1", "en/faq_2021_s1/Q2.1"]
# reads = ["the label lists you name", "names of the files in the folders of their images"]
# writes = ["with --relabel OUT: new lists at OUT, never over a file"]
# needs = ["cpu"]
# limit_seconds = 60
# ///
"""Find out whether label lists fit class_num and can be read.

Reads lists of one `path label` a line the way PaddleClas does and names file and line of what goes wrong: labels that
do not start at 0, gaps, labels that class_num does not cover, negative ones, lines without a usable label, separators
in paths, one image with two labels, images that are not there. Name the training list first: labels that only a later
list has were never trained.

--relabel OUT writes copies with labels 0, 1, 2 … and one mapping for all lists. PaddleClas can do so while it reads
(`relabel: True`), but there each list gets a mapping of its own: where one list lacks a class, they disagree.
"""

from __future__ import annotations

import argparse
import shlex
from collections.abc import Iterator

EXAMPLES = 3  # lines named for each finding; grep finds the others
SHOWN_RUNS = 5  # gaps named in a sentence
FACT_ROWS = 1000  # rows of the mapping in the report


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Name what the check can be told."""
    add_list_arguments(parser)
    parser.add_argument("--class-num", type=int, metavar="N", help="Arch.class_num of your configuration")
    parser.add_argument(
        "--root", metavar="FOLDER", help="image_root of your configuration (default: the list's folder)"
    )
    parser.add_argument(
        "--relabel", metavar="OUT", help="write the list with labels from 0 without gaps; a folder for several lists"
    )


def measure(arguments: argparse.Namespace, report: Report) -> None:
    """Read every list once; judge its lines, its labels, its files."""
    if arguments.class_num is not None and arguments.class_num < 1:
        raise WrongUse(f"--class-num is {arguments.class_num}; give the number of outputs, 1 or more")
    if arguments.root is not None and not os.path.isdir(arguments.root):
        raise WrongUse(f"--root {arguments.root} is no folder; name the one that the paths start from")
    lists = read_lists(arguments)
    report.facts["images"] = sum(len(found.paths) for found in lists)
    for found in lists:
        judge_encoding(report, found)
        judge_separator(report, found, given=arguments.separator is not None)
        judge_lines(report, found)
    classes = sorted({label for found in lists for label in found.labels if label != IGNORED_LABEL})
    if classes:
        judge_classes(report, lists, classes)
        judge_class_num(report, lists, classes[-1] + 1, arguments.class_num)
    judge_ignored(report, lists)
    judge_first_list(report, lists)
    judge_duplicates(report, lists)
    for found in lists:
        judge_files(report, found, arguments.root)
    if arguments.relabel:
        write_relabelled(report, lists, classes, arguments.relabel)
    if report.status == "pass":
        report.summary = f"{report.facts['images']} images, labels 0..{classes[-1]}: Arch.class_num={classes[-1] + 1}"


def judge_encoding(report: Report, found: LabelList) -> None:
    """Only UTF-8 without a mark is read alike everywhere."""
    name = shlex.quote(found.name)
    if found.encoding == "utf-8":
        return
    if found.encoding == "utf-8 with BOM":
        why = "Python keeps the mark as part of the first path, so that the first image is not found"
        fix = f"remove it: sed -i '1s/^\\xEF\\xBB\\xBF//' {name}"
    else:
        why = (
            "PaddleClas opens the list in the encoding of the system, UTF-8 on Linux, and stops at the first such byte"
        )
        fix = f"iconv -f {found.encoding.upper()} -t UTF-8 {name} > {shlex.quote(found.name + '.utf8')}"
    report.fail(f"{found.name} is {found.encoding}, not plain UTF-8", why=why, fix=fix)


def judge_separator(report: Report, found: LabelList, *, given: bool) -> None:
    """PaddleClas splits at a space unless it is told otherwise."""
    if found.separator == " " or given:
        return
    name = {"\t": "a tab", ",": "a comma"}[found.separator]
    report.warn(
        f"{found.name}: path and label are separated by {name}",
        why="PaddleClas splits at a space unless the configuration says otherwise, and finds no label then",
        fix=f"set `delimiter: {_yaml(found.separator)}` under DataLoader.Train.dataset and DataLoader.Eval.dataset"
        f"; set already? then give --separator {'tab' if found.separator == chr(9) else 'comma'}",
    )


def judge_lines(report: Report, found: LabelList) -> None:
    """Name the lines that PaddleClas cannot read, or reads as something else."""
    mends = line_mends(shlex.quote(found.name), found.separator)
    for kind, lines in found.problems.items():
        what, why, fix = mends[kind]
        shown = ", ".join(f"{found.at(line)} {_short(text)}" for line, text in lines[:EXAMPLES])
        report.fail(f"{_many(len(lines), what)}: {shown}{_more(len(lines))}", why=why, fix=fix)


def line_mends(name: str, separator: str) -> dict[str, tuple[str, str, str]]:
    """Return for each problem of lines what it is, what comes of it, and how to mend it; `name` as a shell takes it."""
    mark, fields = _sed(separator), f"awk -F{shlex.quote(separator)}"
    return {
        "empty": (
            "empty line",
            "PaddleClas asks every line for its second field: IndexError: list index out of range",
            f"delete them: sed -i '/^[[:space:]]*$/d' {name}",
        ),
        "no label": (
            "line without a path or without a label",
            "PaddleClas asks every line for its second field: IndexError: list index out of range",
            f"give these lines a label, or this check another --separator; all of them: {fields} 'NF<2' {name}",
        ),
        "no integer": (
            "line without a whole number as its label",
            "PaddleClas turns the label into a 64-bit integer and stops with a ValueError that names no line",
            "write the number of the class there; names of classes belong into class_id_map_file",
        ),
        "two separators": (
            "line with two separators in a row",
            "PaddleClas splits at each one, so that the label is the empty text between them: ValueError",
            f"leave one: sed -i -E 's/{mark}{mark}+/{mark}/g' {name}",
        ),
        "too many fields": (
            "line with more than a path and a label",
            "ImageNetDataset takes the second field as the label and ignores the others without a word",
            f"leave one label a line (for several, use MultiLabelDataset); all of them: {fields} 'NF>2' {name}",
        ),
        "separator in path": (
            "path with the separator in it",
            "PaddleClas ends the path at the first separator and reads what follows as the label",
            f"separate by tabs: sed -E 's/{mark}([^{mark}]+)$/\\t\\1/' {name} > {name}.tab"
            f" and set `delimiter: {_yaml(chr(9))}` under DataLoader.Train.dataset and DataLoader.Eval.dataset",
        ),
        "nul": (
            "line with NUL bytes",
            "the file was cut off while it was written, or is no text: no image has such a path",
            f"remove them: tr -d '\\000' < {name} > {name}.clean",
        ),
    }


def judge_classes(report: Report, lists: list[LabelList], classes: list[int]) -> None:
    """Look at where the labels start and what they leave out."""
    report.facts |= {"classes": len(classes), "first_label": classes[0], "last_label": classes[-1]}
    relabel = _relabel_command(lists, len(classes))
    negative = [label for label in classes if label < 0]
    if negative:
        report.fail(
            f"{_many(len(negative), 'negative label')}: {_places(lists, negative)}",
            why=f'cross entropy takes labels from 0; only {IGNORED_LABEL} is let through, as "ignore this image"',
            fix=f"give these images their class, or number all classes anew: {relabel}",
        )
    elif classes[0] > 0:
        report.warn(
            f"the first label is {classes[0]}, not 0",
            why=f"the outputs 0..{classes[0] - 1} are never trained and only make the last layer bigger",
            fix=f"{relabel}; or keep the labels and set Arch.class_num={classes[-1] + 1}",
        )
    gaps = [(low + 1, high - 1) for low, high in zip(classes, classes[1:]) if high - low > 1]
    missing = sum(high - low + 1 for low, high in gaps)
    report.facts["missing_labels"] = missing
    if missing:
        report.warn(
            f"{_many(missing, 'label')} without an image between {classes[0]} and {classes[-1]}: {_runs(gaps)}",
            why=f"class_num has to be the largest label + 1 = {classes[-1] + 1} for {len(classes)} classes; the largest"
            f" is at {_places(lists, classes[-1:])}",
            fix=f"{relabel}; or keep the labels and set Arch.class_num={classes[-1] + 1}",
        )


def judge_class_num(report: Report, lists: list[LabelList], needed: int, class_num: int | None) -> None:
    """Hold the largest label against class_num."""
    report.facts["class_num_needed"] = needed
    if class_num is None:
        report.good(f"set Arch.class_num={needed} (the largest label + 1)")
    elif class_num < needed:
        above = sorted({label for found in lists for label in found.labels if label >= class_num})
        images = sum(label >= class_num for found in lists for label in found.labels)
        report.fail(
            f"{_many(images, 'image')} with a label that class_num {class_num} does not cover: {_places(lists, above)}",
            why="labels have to be below class_num; Paddle's own error names neither file nor line",
            fix=f"-o Arch.class_num={needed}",
        )
    elif class_num > needed:
        report.good(f"class_num {class_num} is more than the {needed} needed: allowed, the last layer is bigger for it")
    else:
        report.good(f"class_num {class_num} is the largest label + 1")


def judge_ignored(report: Report, lists: list[LabelList]) -> None:
    """Find the images that cross entropy leaves out without a word."""
    ignored = sum(found.labels.count(IGNORED_LABEL) for found in lists)
    if ignored:
        report.warn(
            f"{_many(ignored, 'image')} with the label {IGNORED_LABEL}: {_places(lists, [IGNORED_LABEL])}",
            why="that is cross entropy's ignore_index: these images are read but not trained on, and nothing says so",
            fix=f"give them their class or delete the lines; all of them: grep -nE -e '{IGNORED_LABEL}[[:space:]]*$' "
            + " ".join(shlex.quote(found.name) for found in lists),
        )


def judge_first_list(report: Report, lists: list[LabelList]) -> None:
    """Find labels and images of later lists that do not go with the first, the training list."""
    trained, train_paths = set(lists[0].labels), set(lists[0].paths) if len(lists) > 1 else set()
    for later in lists[1:]:
        unknown = sorted(set(later.labels) - trained - {IGNORED_LABEL})
        if unknown:
            report.warn(
                f"{_many(len(unknown), 'label')} of {later.name} not in {lists[0].name}: {_places([later], unknown)}",
                why="what was never trained is never predicted: these images count as errors",
                fix=f"add images of these classes to {lists[0].name}, or take them out of {later.name}",
            )
        shared = [index for index, path in enumerate(later.paths) if path in train_paths]
        if shared:
            places = ", ".join(f"{later.at(later.lines[i])} {_short(later.paths[i])}" for i in shared[:EXAMPLES])
            report.warn(
                f"{_many(len(shared), 'image')} of {later.name} also in {lists[0].name}: {places}{_more(len(shared))}",
                why="accuracy measured on images that were trained on is too good",
                fix=f"take these lines out of {later.name}, or give each list's image_root if the folders differ",
            )


def judge_duplicates(report: Report, lists: list[LabelList]) -> None:
    """Find images that stand in one list with two labels."""
    repeated = 0
    for found in lists:
        last = dict(zip(found.paths, found.labels))
        repeated += len(found.paths) - len(last)
        if len(last) == len(found.paths):
            continue
        clashes = [i for i, path in enumerate(found.paths) if last[path] != found.labels[i]]
        lines_of_last = dict(zip(found.paths, found.lines)) if clashes else {}
        shown = [
            f"{_short(found.paths[i])} is {found.labels[i]} at {found.at(found.lines[i])}"
            f" and {last[found.paths[i]]} at line {lines_of_last[found.paths[i]]}"
            for i in clashes[:EXAMPLES]
        ]
        if clashes:
            images = len({found.paths[i] for i in clashes})
            report.fail(
                f"{_many(images, 'image')} with two labels: {', '.join(shown)}{_more(len(clashes))}",
                why="the two pull the weights in different directions, and one of them is wrong",
                fix=f"delete the wrong one of each two lines, e.g. {found.at(found.lines[clashes[0]])}",
            )
    report.facts["repeated_lines"] = repeated


def judge_files(report: Report, found: LabelList, root: str | None) -> None:
    """Find the images that are not there."""
    folder = os.path.dirname(found.name) or "." if root is None else root
    absent = absent_files(found.paths, folder)
    report.facts["missing_images"] = report.facts.get("missing_images", 0) + len(absent)
    if not absent:
        return
    shown = ", ".join(f"{found.at(found.lines[i])} {_short(found.paths[i])}" for i in absent[:EXAMPLES])
    if root is None and len(absent) == len(found.paths):
        del report.facts["missing_images"]
        report.good(f"files were not looked for: none is in {found.name}'s own folder; --root FOLDER names image_root")
        return
    slashes = "\\" in found.paths[absent[0]]
    report.fail(
        f"{_many(len(absent), 'missing image')}: {shown}{_more(len(absent))}",
        why="PaddleClas looks for every file before it trains and stops at the first that is missing",
        fix=f"paths are written with /: sed -i 's#\\\\#/#g' {shlex.quote(found.name)}"
        if slashes
        else f"copy these files, delete their lines, or give the folder the paths start from: --root (now {folder})",
    )


def absent_files(paths: list[str], root: str) -> list[int]:
    """Return which paths are no files; each folder is read once, since asking for 100,000 files singly is slow."""
    names: dict[str, set[str] | None] = {}
    absent = []
    for index, path in enumerate(paths):
        folder, _, name = path.rpartition("/")
        if folder not in names:
            names[folder] = _files_in(os.path.join(root, folder) if folder or not path.startswith("/") else "/")
        files = names[folder]
        if files is None or (name not in files and not _is_file(os.path.join(root, path))):
            absent.append(index)
    return absent


def _files_in(folder: str) -> set[str] | None:
    """Return the names of a folder's files, None where there is no such folder."""
    try:
        with os.scandir(folder) as entries:
            return {entry.name for entry in entries if entry.is_file()}
    except (OSError, ValueError):
        return None


def _is_file(path: str) -> bool:
    """Ask the system itself: on some disks upper and lower case are one."""
    try:
        return os.path.isfile(path)
    except ValueError:
        return False


def write_relabelled(report: Report, lists: list[LabelList], classes: list[int], out: str) -> None:
    """Write each list with labels from 0 without gaps; nothing where a line could not be read."""
    unread = [found for found in lists if set(found.problems) - {"separator in path"}]
    if unread or not classes:
        report.fail(
            f"{out} was not written",
            why="a line that cannot be read would be missing from the copy",
            fix=f"mend the lines of {(unread or lists)[0].name} that are named above, then run this again",
        )
        return
    new = {old: number for number, old in enumerate(classes)}
    targets = _targets(lists, out)
    for found, target in zip(lists, targets):
        mark = "\t" if "separator in path" in found.problems else found.separator
        _write_new(target, (f"{p}{mark}{new.get(n, n)}\n" for p, n in zip(found.paths, found.labels)))
        if mark != found.separator:
            report.good(f"{target} is separated by tabs: set `delimiter: {_yaml(mark)}`")
    report.good(f"wrote {', '.join(targets)}: set Arch.class_num={len(classes)}")
    runs = _mapping_runs(classes)
    report.facts["relabelled"] = runs[:FACT_ROWS]
    if len(runs) > FACT_ROWS:
        report.facts["relabelled_rows_left_out"] = len(runs) - FACT_ROWS


def _targets(lists: list[LabelList], out: str) -> list[str]:
    """Return where the copies go: OUT itself, or under their names in the folder OUT."""
    if len(lists) == 1 and not os.path.isdir(out):
        targets = [out]
    else:
        targets = [os.path.join(out, os.path.basename(found.name)) for found in lists]
        if len(set(targets)) < len(targets):
            raise WrongUse(f"two lists are named {os.path.basename(targets[0])}; relabel from copies with other names")
        try:
            os.makedirs(out, exist_ok=True)
        except OSError as error:
            raise WrongUse(f"--relabel {out}: no folder can be made there ({error.strerror}); name a new one") from None
    taken = next((target for target in targets if os.path.lexists(target)), None)
    if taken:
        raise WrongUse(f"--relabel: {taken} is there already and is not written over; name a new file")
    return targets


def _write_new(path: str, lines: Iterator[str]) -> None:
    """Write a file that did not exist."""
    try:
        with open(path, "x", encoding="utf-8", newline="\n") as stream:
            stream.writelines(lines)
    except OSError as error:
        raise WrongUse(f"--relabel: {path} cannot be written ({error.strerror}); name another place") from None


def _mapping_runs(classes: list[int]) -> list[dict[str, str]]:
    """Return the mapping, old to new, neighbours together."""
    starts = [i for i, label in enumerate(classes) if i == 0 or label != classes[i - 1] + 1]
    ends = [*(start - 1 for start in starts[1:]), len(classes) - 1]
    return [{"old": _run(classes[start], classes[end]), "new": _run(start, end)} for start, end in zip(starts, ends)]


def _relabel_command(lists: list[LabelList], classes: int) -> str:
    """Return the command that numbers the classes anew."""
    names = " ".join(shlex.quote(found.name) for found in lists)
    out = "relabelled" if len(lists) > 1 else "relabelled.txt"
    return f"python {os.path.basename(__file__)} {names} --relabel {out}, then Arch.class_num={classes}"


def _places(lists: list[LabelList], labels: list[int]) -> str:
    """Return where the first of these labels are."""
    places = [
        f"{found.at(found.line_of(label))} (label {label})"
        for label in labels[:EXAMPLES]
        for found in lists
        if label in found.labels
    ]
    return ", ".join(places[:EXAMPLES]) + _more(len(labels))


def _runs(runs: list[tuple[int, int]]) -> str:
    """Return numbers as people write them: 3, 7..9."""
    return ", ".join(_run(*run) for run in runs[:SHOWN_RUNS]) + (" …" if len(runs) > SHOWN_RUNS else "")


def _run(low: int, high: int) -> str:
    return str(low) if low == high else f"{low}..{high}"


def _many(count: int, noun: str) -> str:
    """Return a count with its noun, `line with NUL bytes` becoming `2 lines with NUL bytes`."""
    head, mark, rest = noun.partition(" with")
    return f"{count} {head}{'' if count == 1 else 's'}{mark}{rest}"


def _more(count: int) -> str:
    return f" and {count - EXAMPLES} more" if count > EXAMPLES else ""


def _short(text: str) -> str:
    shown = repr(text)
    return shown if len(shown) <= 64 else f"{shown[:40]}…{shown[-20:]}"


def _yaml(separator: str) -> str:
    return DELIMITERS.get(separator, f'"{separator}"')


def _sed(separator: str) -> str:
    return "\\t" if separator == "\t" else "".join(f"\\{c}" if c in "/\\.*[]^$+?(){}|" else c for c in separator)


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


# --- part contract: the same in every check, leave it as it is ---
# Runs `measure` in a process of its own, so that a crash, a hang or a library that prints still ends in one report.
# Contract v1: exit code 0 pass, 4 warn, 3 fail, 77 skip, 2 wrong use, 1 the check broke or ran out of time.
import contextlib
import faulthandler
import json
import math
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from typing import Any, Callable, NoReturn

EXIT_CODES = {"pass": 0, "warn": 4, "fail": 3, "skip": 77, "usage": 2, "error": 1}
_MEASURING = "FAQ_CHECK_MEASURING"  # set for the process that measures: the id of the one that waits for it
_NOISE_BYTES = 4000  # of what libraries printed, kept for the report of a crash
_GRACE_SECONDS = 1.0  # for the measuring process to end after it was told to
_STOPPED_BY = [getattr(signal, name) for name in ("SIGTERM", "SIGINT", "SIGHUP") if hasattr(signal, name)]


class Skip(Exception):
    """What the check looks at is not on this machine."""

    def __init__(self, why: str, fix: str = "") -> None:
        super().__init__(why)
        self.fix = fix


class WrongUse(Exception):
    """An argument that cannot be used; the text says what to give instead."""


class _Stopped(Exception):
    """The check was told to end."""


class Report:
    """What a check found: figures, and findings that each come with what to do."""

    def __init__(self, progress: Callable[[str], None] = lambda text: None) -> None:
        self.summary = ""
        """One line; the worst finding when left empty."""
        self.facts: dict[str, Any] = {}
        """Figures by name, the unit at the end of the name: free_bytes, decode_ms; a text of several lines is shown."""
        self.findings: list[dict[str, str]] = []
        self.progress = progress
        """Tell whoever waits what is going on."""

    def good(self, what: str) -> None:
        """Note what is as it should be."""
        self._note("pass", what)

    def warn(self, what: str, *, why: str, fix: str) -> None:
        """Note what costs something but works."""
        self._note("warn", what, why, fix)

    def fail(self, what: str, *, why: str, fix: str) -> None:
        """Note what does not work; `fix` names the flag, number or line to change."""
        self._note("fail", what, why, fix)

    def end(self, status: str, why: str, fix: str = "") -> None:
        """Note why there is no verdict."""
        self.summary = why
        self._note(status, why, "", fix)

    def _note(self, status: str, what: str, why: str = "", fix: str = "") -> None:
        self.findings.append({"status": status, "what": what, "why": why, "fix": fix})

    @property
    def status(self) -> str:
        """The worst of all findings; `pass` when there is none."""
        found = {finding["status"] for finding in self.findings}
        return next((status for status in ("error", "usage", "skip", "fail", "warn") if status in found), "pass")

    def to_json(self) -> dict[str, Any]:
        """Return the part of the document that measuring decides."""
        worst = [finding["what"] for finding in self.findings if finding["status"] == self.status]
        summary = self.summary or (worst[0] if worst else "")
        return {"status": self.status, "summary": summary, "facts": self.facts, "findings": self.findings}


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise WrongUse(message)


def main(add_arguments: Callable[[Any], None], measure: Callable[[Any, Report], None]) -> int:
    """Run the check as the command line says; return its exit code."""
    started = time.monotonic()
    own_folder = os.path.dirname(os.path.abspath(__file__))
    sys.path[:] = [entry for entry in sys.path if os.path.abspath(entry) != own_folder]  # checks are no modules
    header = read_header(__file__)
    parser = _Parser(
        prog=os.path.basename(__file__),
        description=__doc__,
        epilog=f"reads: {'; '.join(header['reads']) or 'nothing'} | writes: {'; '.join(header['writes']) or 'nothing'}"
        f" | takes at most {header['limit_seconds']:g} s | answers: {', '.join(header['answers']) or 'no record yet'}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--json", action="store_true", help="print one JSON document and nothing else")
    add_arguments(parser)
    as_json = "--json" in sys.argv[1:]
    try:
        arguments = parser.parse_args()
    except WrongUse as error:
        report = Report()
        report.end("usage", str(error), f"see {parser.prog} --help")
        found = report.to_json()
    else:
        if os.environ.get(_MEASURING) == str(os.getppid()):
            _measure_for_parent(measure, arguments)
        found = _supervise(float(header["limit_seconds"]), quiet=as_json and not sys.stderr.isatty(), id=header["id"])
    document = {"check": header["id"], "version": header["version"], **found, "answers": header["answers"]}
    document["seconds"] = round(time.monotonic() - started, 3)
    _print(_presentable(document), as_json=as_json)
    return EXIT_CODES[document["status"]]


def read_header(path: str) -> dict[str, Any]:
    """Return the table tool.faq-check of a script's own header; its values are written so that they are JSON too."""
    table: dict[str, Any] = {}
    current: dict[str, Any] | None = None
    pending = key = ""
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            text = line[1:].strip()
            if text == "///":
                break
            if text.startswith("[") and not pending:
                name = text.strip("[]")
                current = None if not name.startswith("tool.faq-check") else table
                if current is not None and text.startswith("[["):
                    current = {}
                    table.setdefault(name.rpartition(".")[2], []).append(current)
            elif current is not None and text:
                if not pending:
                    key, _, text = (part.strip() for part in text.partition("="))
                pending += text
                with contextlib.suppress(ValueError):  # a list that goes on in the next line
                    current[key] = json.loads(pending)
                    pending = ""
    return table


def _measure_for_parent(measure: Callable[[Any, Report], None], arguments: argparse.Namespace) -> NoReturn:
    """Measure, and tell the waiting process in lines of JSON; what libraries print goes to standard error."""
    channel = os.fdopen(os.dup(1), "w", encoding="ascii")
    os.dup2(2, 1)
    faulthandler.enable()
    threading.Thread(target=_end_with_parent, args=(os.getppid(),), daemon=True).start()

    def tell(**line: Any) -> None:
        channel.write(json.dumps(line, default=float) + "\n")
        channel.flush()

    report = Report(lambda text: tell(progress=text))
    try:
        measure(arguments, report)
    except Skip as error:
        report.end("skip", str(error), error.fix)
    except WrongUse as error:
        report.end("usage", str(error), "see --help")
    except MemoryError:
        report.end("error", "the memory of this machine or container did not suffice", "give it more memory")
    except Exception as error:
        last = " ".join(str(error).split())[:500]
        report.end("error", f"the check broke: {type(error).__name__}: {last}", "report this with the command you ran")
    tell(report=report.to_json())
    os._exit(0)  # libraries that hang or crash while they are torn down have nothing more to say


def _end_with_parent(parent: int) -> None:
    """End this process and all that it started when nobody waits for it any more."""
    while os.getppid() == parent:
        time.sleep(0.5)
    _end_group(os.getpid())


def _end_group(process: int) -> None:
    if hasattr(os, "killpg"):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process, signal.SIGKILL)
    else:
        subprocess.run(["taskkill", "/F", "/T", "/PID", str(process)], capture_output=True, check=False)


def _supervise(limit: float, *, quiet: bool, id: str) -> dict[str, Any]:
    """Run this script again to measure, for at most `limit` seconds; return what it found or how it ended."""

    def stop(number: int, frame: object) -> NoReturn:
        raise _Stopped(f"ended by {signal.Signals(number).name}")

    for number in _STOPPED_BY:
        signal.signal(number, stop)
    with contextlib.ExitStack() as stack:
        environment = {**os.environ, _MEASURING: str(os.getpid()), "PYTHONIOENCODING": "utf-8:backslashreplace"}
        with contextlib.suppress(OSError):  # no place for temporary files; whoever needs one says so
            environment["TMPDIR"] = stack.enter_context(tempfile.TemporaryDirectory(prefix="faq-check-"))
        try:
            child = _Child(environment, (lambda text: None) if quiet else lambda text: _note(f"{id}: {text}"))
            stack.callback(child.end)
            return child.wait(limit)
        except _Stopped as error:
            why, fix = str(error), "run it again"
        except (OSError, RuntimeError, MemoryError) as error:
            why, fix = f"the check could not be started: {error}", "free memory or raise the process limit"
    report = Report()
    report.end("error", why, fix)
    return report.to_json()


class _Child:
    """The process that measures."""

    def __init__(self, environment: dict[str, str], progress: Callable[[str], None]) -> None:
        command = [sys.executable, os.path.abspath(__file__), *sys.argv[1:]]
        self.process = subprocess.Popen(
            command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True
        )
        self.progress = progress
        self.found: dict[str, Any] | None = None
        self.noise = b""
        self.ended = threading.Event()
        self.readers = [threading.Thread(target=job, daemon=True) for job in (self._read, self._read_noise)]
        for thread in (*self.readers, threading.Thread(target=self._await_end, daemon=True)):
            thread.start()

    def _read(self) -> None:
        for line in self.process.stdout or ():
            told = json.loads(line)
            if "report" in told:
                self.found = told["report"]
                self.ended.set()
            else:
                self.progress(told["progress"])

    def _read_noise(self) -> None:
        for line in self.process.stderr or ():
            self.noise = (self.noise + line)[-_NOISE_BYTES:]

    def _await_end(self) -> None:
        self.process.wait()
        for thread in self.readers:
            thread.join(_GRACE_SECONDS)  # something it started may hold the pipes open
        self.ended.set()

    def wait(self, limit: float) -> dict[str, Any]:
        """Return what was found, within `limit` seconds."""
        in_time = self.ended.wait(limit)
        if self.found is not None:
            return self.found
        report = Report()
        if not in_time:
            report.end(
                "error", f"not done after {limit:g} s, its time limit", "try a smaller input, or an idle machine"
            )
            return report.to_json()
        code = self.process.returncode
        how = signal.Signals(-code).name if code < 0 else f"exit code {code}"
        lines = [line.strip() for line in self.noise.decode("utf-8", "replace").splitlines() if line.strip()]
        hint = "more memory may help" if how in {"SIGKILL", "SIGABRT"} else "report this with the command you ran"
        report.end("error", f"the measuring process died ({how}): {lines[-1] if lines else 'it said nothing'}", hint)
        return report.to_json()

    def end(self) -> None:
        """End it and all that it started."""
        _end_group(self.process.pid)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(_GRACE_SECONDS)


def _note(text: str) -> None:
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


def _presentable(value: Any) -> Any:
    """Return a value that is JSON everywhere and names nobody's home folder."""
    if isinstance(value, dict):
        return {str(name): _presentable(part) for name, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [_presentable(part) for part in value]
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, str):
        home = os.path.expanduser("~").rstrip("/\\")
        text = value.encode("utf-8", "replace").decode("utf-8")
        return text.replace(home, "~") if len(home) > 1 else text
    return value


def _print(document: dict[str, Any], *, as_json: bool) -> None:
    text = json.dumps(document) if as_json else "\n".join(_readable(document))
    with contextlib.suppress(BrokenPipeError):  # whoever read has seen enough
        sys.stdout.buffer.write(text.encode(sys.stdout.encoding or "utf-8", "backslashreplace") + b"\n")
        sys.stdout.buffer.flush()


def _readable(document: dict[str, Any]) -> list[str]:
    """Return the report as lines: the verdict, the figures, what to do."""
    lines = [f"{document['status'].upper()} {document['check']}: {document['summary']}"]
    for name, value in document["facts"].items():
        lines += _readable_fact(name, value)
    for finding in document["findings"]:
        if finding["what"] != document["summary"] or finding["fix"]:
            lines.append(f"[{finding['status']}] {finding['what']}")
        lines += [f"    {name}: {finding[name]}" for name in ("why", "fix") if finding[name]]
    return lines


def _readable_fact(name: str, value: Any) -> list[str]:
    if isinstance(value, str) and "\n" in value:
        return ["", *(f"  {line}" for line in value.splitlines()), ""]
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return [f"  {', '.join(f'{key} {part}' for key, part in row.items())}" for row in value]
    if name.endswith("_bytes") and isinstance(value, (int, float)):
        name, value = name[: -len("_bytes")], readable_bytes(value)
    if isinstance(value, (list, dict)):
        value = json.dumps(value, ensure_ascii=False)
    return [f"  {name.replace('_', ' '):<24} {value}"]


def readable_bytes(count: float) -> str:
    """Return a size in the unit that people read."""
    for unit in ("B", "KiB", "MiB", "GiB"):
        if abs(count) < 1024 or unit == "GiB":
            break
        count /= 1024
    return f"{count:.0f} {unit}" if unit == "B" else f"{count:.1f} {unit}"


# --- end of part contract ---


if __name__ == "__main__":
    sys.exit(main(add_arguments, measure))
