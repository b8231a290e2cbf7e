"""The check of label lists names what is wrong in a list, where, and what to change."""

from __future__ import annotations

from pathlib import Path

import pytest
from check_support import run_check

HEALTHY = "a.jpg 0\nb.jpg 1\nc.jpg 2\n"
BROKEN = {
    "starts at 1": ("a.jpg 1\nb.jpg 2\n", "warn", "list.txt --relabel relabelled.txt, then Arch.class_num=2"),
    "gap": ("a.jpg 0\nb.jpg 1\nc.jpg 5\n", "warn", "keep the labels and set Arch.class_num=6"),
    "negative": ("a.jpg 0\nb.jpg -1\n", "fail", "--relabel relabelled.txt, then Arch.class_num=2"),
    "ignored": ("a.jpg 0\nb.jpg -100\nc.jpg 1\n", "warn", "grep -nE -e '-100[[:space:]]*$' list.txt"),
    "class name": ("a.jpg 0\nb.jpg cat\n", "fail", "write the number of the class"),
    "float": ("a.jpg 0\nb.jpg 1.0\n", "fail", "write the number of the class"),
    "beyond 64 bits": ("a.jpg 0\nb.jpg 9999999999999999999\n", "fail", "write the number of the class"),
    "no label": ("a.jpg 0\nb.jpg\n", "fail", "awk -F' ' 'NF<2' list.txt"),
    "too many fields": ("a.jpg 0\nb.jpg 1 2\n", "fail", "awk -F' ' 'NF>2' list.txt"),
    "space in a path": ("a.jpg 0\nmy photo.jpg 1\n", "fail", 'delimiter: "\\t"'),
    "number in a path with a space": ("a.jpg 0\nimg 1.jpg 1\n", "fail", "list.txt > list.txt.tab"),
    "empty line": ("a.jpg 0\n\nb.jpg 1\n", "fail", "sed -i '/^[[:space:]]*$/d' list.txt"),
    "two spaces": ("a.jpg 0\nb.jpg  1\n", "fail", "sed -i -E 's/  +/ /g' list.txt"),
    "two labels for one image": ("a.jpg 0\nb.jpg 1\nb.jpg 0\n", "fail", "delete the wrong one of each two lines"),
    "tabs": ("a.jpg\t0\nb.jpg\t1\n", "warn", 'set `delimiter: "\\t"` under DataLoader.Train.dataset'),
    "commas": ("a.jpg,0\nb.jpg,1\n", "warn", 'set `delimiter: ","`'),
    "NUL bytes": ("a.jpg 0\nb\0.jpg 1\n", "fail", "tr -d '\\000' < list.txt"),
}
PLACES = {"negative": "list.txt:2", "no label": "list.txt:2", "two labels for one image": "list.txt:2"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in "abc":
        (tmp_path / f"{name}.jpg").touch()
    return tmp_path


def write(folder: Path, text: str | bytes, name: str = "list.txt") -> None:
    (folder / name).write_bytes(text.encode() if isinstance(text, str) else text)


@pytest.mark.parametrize("kind", BROKEN)
def test_a_broken_list_gets_its_fix(tmp_path, kind):
    text, status, fix = BROKEN[kind]
    write(tmp_path, text)
    checked = run_check("labels", "list.txt", cwd=tmp_path)
    assert checked.status == status
    assert fix in checked.fixes
    assert PLACES.get(kind, "") in checked.said


def test_a_healthy_list_passes_with_the_class_num_to_set(folder):
    write(folder, HEALTHY)
    checked = run_check("labels", "list.txt", cwd=folder)
    assert checked.status == "pass"
    assert checked.document["summary"] == "3 images, labels 0..2: Arch.class_num=3"
    assert checked.facts["missing_images"] == 0


def test_windows_line_ends_are_as_good(folder):
    write(folder, HEALTHY.replace("\n", "\r\n"))
    assert run_check("labels", "list.txt", "--class-num", "3", cwd=folder).status == "pass"


def test_a_tab_that_the_configuration_knows_of_passes_with_spaces_in_paths(folder):
    (folder / "my photo.jpg").touch()
    write(folder, "a.jpg\t0\nmy photo.jpg\t1\n")
    assert run_check("labels", "list.txt", "--separator", "tab", cwd=folder).status == "pass"


def test_a_label_that_class_num_does_not_cover_is_named_by_file_and_line(folder):
    write(folder, HEALTHY)
    checked = run_check("labels", "list.txt", "--class-num", "2", cwd=folder)
    assert checked.status == "fail"
    assert "1 image with a label that class_num 2 does not cover: list.txt:3 (label 2)" in checked.said
    assert "-o Arch.class_num=3" in checked.fixes


def test_more_classes_than_needed_are_allowed(folder):
    write(folder, HEALTHY)
    checked = run_check("labels", "list.txt", "--class-num", "1000", cwd=folder)
    assert checked.status == "pass"
    assert "class_num 1000 is more than the 3 needed" in checked.said


def test_missing_images_are_named(folder):
    write(folder, "a.jpg 0\nb.jpg 1\nnone/d.jpg 2\nA.JPG 0\n")
    checked = run_check("labels", "list.txt", "--root", ".", cwd=folder)
    assert checked.status == "fail"
    assert "2 missing images: list.txt:3 'none/d.jpg', list.txt:4 'A.JPG'" in checked.said
    assert checked.facts["missing_images"] == 2


def test_backslashes_in_paths_are_named_as_the_cause(folder):
    (folder / "train").mkdir()
    (folder / "train" / "a.jpg").touch()
    write(folder, "train\\a.jpg 0\n")
    checked = run_check("labels", "list.txt", "--root", ".", cwd=folder)
    assert "sed -i 's#\\\\#/#g' list.txt" in checked.fixes


def test_files_are_not_called_missing_where_the_root_is_only_guessed(tmp_path):
    write(tmp_path, HEALTHY)
    checked = run_check("labels", "list.txt", cwd=tmp_path)
    assert checked.status == "pass"
    assert "missing_images" not in checked.facts
    assert "--root FOLDER names image_root" in checked.said


def test_a_label_that_training_never_sees_is_a_warning(folder):
    write(folder, "a.jpg 0\nb.jpg 1\n", "train.txt")
    write(folder, "c.jpg 2\n", "val.txt")
    checked = run_check("labels", "train.txt", "val.txt", cwd=folder)
    assert checked.status == "warn"
    assert "1 label of val.txt not in train.txt: val.txt:1 (label 2)" in checked.said


def test_an_image_in_both_lists_is_a_warning(folder):
    write(folder, HEALTHY, "train.txt")
    write(folder, "b.jpg 1\n", "val.txt")
    checked = run_check("labels", "train.txt", "val.txt", cwd=folder)
    assert checked.status == "warn"
    assert "take these lines out of val.txt" in checked.fixes


@pytest.mark.parametrize(
    ("content", "fix"),
    [
        (b"\xef\xbb\xbfa.jpg 0\n", "sed -i '1s/^\\xEF\\xBB\\xBF//' list.txt"),
        ("训练/图片.jpg 0\n".encode("gb18030"), "iconv -f GB18030 -t UTF-8 list.txt > list.txt.utf8"),
        ("a.jpg 0\r\n".encode("utf-16"), "iconv -f UTF-16 -t UTF-8 list.txt"),
    ],
)
def test_another_encoding_is_named_with_the_command_that_mends_it(folder, content, fix):
    write(folder, content)
    checked = run_check("labels", "list.txt", cwd=folder)
    assert checked.status == "fail"
    assert fix in checked.fixes
    assert checked.facts["images"] == 1


def test_relabelling_makes_a_list_that_passes(folder):
    write(folder, "a.jpg 3\nb.jpg 4\nc.jpg 900\n")
    done = run_check("labels", "list.txt", "--relabel", "new.txt", cwd=folder)
    assert (folder / "new.txt").read_text() == HEALTHY
    assert (folder / "list.txt").read_text() == "a.jpg 3\nb.jpg 4\nc.jpg 900\n"
    assert done.facts["relabelled"] == [{"old": "3..4", "new": "0..1"}, {"old": "900", "new": "2"}]
    assert run_check("labels", "new.txt", "--class-num", "3", cwd=folder).status == "pass"


def test_several_lists_get_one_mapping(folder):
    write(folder, "a.jpg 5\nb.jpg 7\n", "train.txt")
    write(folder, "c.jpg 7\n", "val.txt")
    run_check("labels", "train.txt", "val.txt", "--relabel", "new", cwd=folder)
    assert (folder / "new" / "train.txt").read_text() == "a.jpg 0\nb.jpg 1\n"
    assert (folder / "new" / "val.txt").read_text() == "c.jpg 1\n"


def test_relabelling_a_path_with_a_space_separates_by_tabs(folder):
    write(folder, "my photo.jpg 1\n")
    run_check("labels", "list.txt", "--relabel", "new.txt", cwd=folder)
    assert (folder / "new.txt").read_text() == "my photo.jpg\t0\n"


def test_relabelling_keeps_the_mark_of_ignored_images(folder):
    write(folder, "a.jpg 1\nb.jpg -100\n")
    run_check("labels", "list.txt", "--relabel", "new.txt", cwd=folder)
    assert (folder / "new.txt").read_text() == "a.jpg 0\nb.jpg -100\n"


def test_relabelling_never_writes_over_a_file(folder):
    write(folder, "a.jpg 1\n")
    checked = run_check("labels", "list.txt", "--relabel", "list.txt", cwd=folder)
    assert checked.status == "usage"
    assert (folder / "list.txt").read_text() == "a.jpg 1\n"


def test_relabelling_leaves_no_line_out(folder):
    write(folder, "a.jpg 1\nb.jpg cat\n")
    checked = run_check("labels", "list.txt", "--relabel", "new.txt", cwd=folder)
    assert "mend the lines of list.txt" in checked.fixes
    assert not (folder / "new.txt").exists()


@pytest.mark.parametrize(
    "arguments", [[], ["none.txt"], ["."], ["empty.txt"], ["noise.bin"], ["a.txt", "--separator", ""]]
)
def test_what_is_no_list_is_wrong_use(tmp_path, arguments):
    write(tmp_path, b"", "empty.txt")
    write(tmp_path, b"\x89PNG\r\n\x1a\n\xff\xd8", "noise.bin")
    write(tmp_path, HEALTHY, "a.txt")
    assert run_check("labels", *arguments, cwd=tmp_path).status == "usage"


def test_digits_without_end_take_no_time(tmp_path):
    write(tmp_path, "a.jpg " + "9" * 3_000_000 + "\n")
    assert run_check("labels", "list.txt", cwd=tmp_path).status == "fail"


def test_100_000_lines_fit_a_small_memory(tmp_path):
    write(tmp_path, "".join(f"train/n{i % 1000:08d}/image_{i:08d}.JPEG {i % 1000}\n" for i in range(100_000)))
    limited = ("bash", "-c", 'ulimit -v 262144; exec "$@"', "bash")
    checked = run_check("labels", "list.txt", "--class-num", "1000", cwd=tmp_path, prefix=limited)
    assert checked.status == "pass"
    assert checked.facts["images"] == 100_000
