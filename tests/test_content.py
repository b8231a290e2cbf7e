"""What the bundled knowledge promises: ten questions, twice, in our own words, with every fact."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest

from faqkb.ingest import read_sources
from faqkb.kb.records import Record

CONTENT = Path(__file__).resolve().parents[1] / "content"
LABELS = [f"Q1.{number}" for number in range(1, 6)] + [f"Q2.{number}" for number in range(1, 6)]
SHARED_RUN = 12  # Chinese characters in a row that two texts on one subject do not share by chance


@pytest.fixture(scope="module")
def by_id() -> dict[str, Record]:
    return {record.id: record for record in read_sources([CONTENT]).records}


class _Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.targets: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.targets += [value or "" for name, value in attrs if name in {"href", "src"}]


def links_of(record: Record) -> list[str]:
    parser = _Links()
    parser.feed(record.answer_html)
    return parser.targets


def han_runs(text: str, length: int) -> Iterator[str]:
    for run in re.findall("[\u4e00-\u9fff]+", text):
        yield from (run[start : start + length] for start in range(len(run) - length + 1))


@pytest.mark.parametrize("folder", ["", "en/"])
def test_each_language_holds_the_ten_questions_under_the_same_labels(by_id, folder):
    stem = f"{folder}faq_2021_s1"
    assert [record_id for record_id in by_id if record_id.rsplit("/", 1)[0] == stem] == [
        f"{stem}/{label}" for label in LABELS
    ]


@pytest.mark.parametrize(("folder", "language"), [("", "zh"), ("en/", "en")])
def test_each_twin_is_in_its_own_language(by_id, folder, language):
    assert {by_id[f"{folder}faq_2021_s1/{label}"].language for label in LABELS} == {language}


def test_nothing_else_becomes_a_record(by_id):
    assert len(by_id) == 2 * len(LABELS)


def test_twins_carry_the_same_tags_and_links_of_the_same_number(by_id):
    for label in LABELS:
        chinese, english = by_id[f"faq_2021_s1/{label}"], by_id[f"en/faq_2021_s1/{label}"]
        assert chinese.tags == english.tags, label
        assert len(links_of(chinese)) == len(links_of(english)), label


def test_every_question_has_two_to_four_other_wordings(by_id):
    assert {
        record.id: len(record.alternates) for record in by_id.values() if not 2 <= len(record.alternates) <= 4
    } == {}


def test_no_label_marker_anchor_or_comment_is_left_in_a_record(by_id):
    left_over = re.compile(r"\*\*A\*\*|<a name|<!--|^Q\d|答：")
    for record in by_id.values():
        fields = (record.question, record.answer, record.answer_text, *record.section, *record.alternates)
        assert not [text for text in fields if left_over.search(text)], record.id


def test_every_link_is_absolute(by_id):
    targets = {target for record in by_id.values() for target in links_of(record)}
    assert targets
    assert {target for target in targets if not target.startswith("https://")} == set()


@pytest.mark.parametrize(
    ("record_id", "target"),
    [
        ("faq_2021_s1/Q1.4", "docs/zh_CN/application/transfer_learning.md"),
        ("faq_2021_s1/Q2.4", "docs/zh_CN/models/Mobile.md"),
        ("en/faq_2021_s1/Q1.4", "docs/en/application/transfer_learning_en.md"),
        ("en/faq_2021_s1/Q2.4", "docs/en/models/Mobile_en.md"),
    ],
)
def test_relative_links_resolve_into_the_project_they_come_from(by_id, record_id, target):
    base = "https://github.com/PaddlePaddle/PaddleClas/blob/release/2.1/"
    assert base + target in links_of(by_id[record_id])


@pytest.mark.parametrize(
    ("label", "facts"),
    [
        ("Q1.1", ["1000", "--class_num=k", "tools/infer/infer.py", "tools/infer/predict.py", "class id", "score"]),
        ("Q1.2", ["minibatch", "epoch", "OHEM", "Focal loss"]),
        ("Q1.3", ["/dev/shm", "64M", "--shm-size=8g", "8g"]),
        ("Q1.4", ["ResNet50_vd", "FC", "ImageNet1k", "30%"]),
        (
            "Q1.5",
            ["mkldnn", "cpu_math_library_num_threads", "tools/config.txt", "6", "10", "TensorRT", "FP16", "batch"],
        ),
        ("Q1.5", ["resize", "crop", "normalize", "GPU"]),
        ("Q2.1", ["class_num", "class_id + 1", "FC", "0"]),
        ("Q2.2", ["C×class_num", "2048", "GAP"]),
        ("Q2.3", ["Teacher", "Student", "ImageNet-1k"]),
        ("Q2.4", ["MobileNetV3", "StorageSize-Accuracy"]),
        ("Q2.5", ["ResNet", "CPU"]),
    ],
)
@pytest.mark.parametrize("folder", ["", "en/"])
def test_every_fact_of_the_old_answer_is_kept(by_id, folder, label, facts):
    text = by_id[f"{folder}faq_2021_s1/{label}"].answer_text
    assert [fact for fact in facts if fact not in text] == []


def test_the_size_of_the_large_training_set_is_kept(by_id):
    assert {"10万", "4300万"} <= set(re.findall(r"\d+万", by_id["faq_2021_s1/Q1.4"].answer_text))
    assert "43 million images in 100,000 classes" in by_id["en/faq_2021_s1/Q1.4"].answer_text


@pytest.mark.parametrize(
    ("label", "markers"),
    [
        ("Q1.1", ["PaddleClas 2024", "Arch.class_num"]),
        ("Q1.3", ["Paddle 3.3", "num_workers"]),
        ("Q1.4", ["PaddleClas 2.1", "paddle.load"]),
        ("Q1.5", ["PaddleClas 2024", "Paddle 3", "oneDNN", "paddle.tensorrt.convert"]),
        ("Q2.1", ["Paddle 3.3", "-100"]),
        ("Q2.2", ["C×N/(C+N+1)", "671"]),
        ("Q2.4", ["PaddleClas 2.1"]),
        ("Q2.5", ["Paddle 3.3"]),
    ],
)
@pytest.mark.parametrize("folder", ["", "en/"])
def test_what_has_changed_since_2021_is_corrected_and_marked(by_id, folder, label, markers):
    text = by_id[f"{folder}faq_2021_s1/{label}"].answer_text
    assert [marker for marker in markers if marker not in text] == []


def test_lists_and_the_sentence_after_a_list_belong_to_the_answer(by_id):
    assert by_id["faq_2021_s1/Q1.2"].answer_html.count("<ul>") == 3
    assert by_id["faq_2021_s1/Q1.5"].answer_html.count("<li>") == 4
    assert by_id["faq_2021_s1/Q1.5"].answer_text.rstrip().endswith("欢迎补充进来。")


def test_a_narrower_layer_saves_only_below_the_stated_width():
    features, classes = 2048, 1000
    direct = features * classes + classes

    def with_bottleneck(width: int) -> int:
        return (features * width + width) + (width * classes + classes)

    assert with_bottleneck(671) < direct <= with_bottleneck(672)


def test_no_sentence_is_copied_from_the_old_text(shared_data):
    old = set(han_runs((shared_data / "seed" / "faq_2021_s1.md").read_text("utf-8"), SHARED_RUN))
    ours = (CONTENT / "faq_2021_s1.md").read_text("utf-8")
    assert [run for run in han_runs(ours, SHARED_RUN) if run in old] == []
