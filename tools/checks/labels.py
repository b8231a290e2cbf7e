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


# --- part contract ---


if __name__ == "__main__":
    sys.exit(main(add_arguments, measure))
