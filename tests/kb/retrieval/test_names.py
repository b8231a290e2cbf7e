"""The product's own name in a question about the product."""

from __future__ import annotations

from pathlib import Path

import pytest

from faqkb.kb.knowledge import KnowledgeBase
from faqkb.kb.model.encoder import Encoder
from faqkb.kb.retrieval.names import without_names
from faqkb.kb.snapshot.build import build_snapshot
from tests.support.server_support import make_record

RECORDS = {"juicefs": 19, "cache": 3, "install": 18, "juice": 1}


def stripped(text: str, records: int = 22) -> str:
    return without_names(text, lambda word: RECORDS.get(word, 0), records)


@pytest.mark.parametrize(
    ("asked", "searched"),
    [
        ("Does JuiceFS cache metadata?", "Does cache metadata?"),
        ("JuiceFS支持缓存吗", "支持缓存吗"),
        ("how do I install it", "how do I install it"),  # every FAQ says `install`
        ("juice in the cache", "juice in the cache"),  # a word, and no name: one record has it
        ("juicefs", "juicefs"),  # nothing would be left
        ("juicefs ?", "juicefs ?"),
    ],
)
def test_a_word_that_fills_the_records_is_left_out(asked: str, searched: str) -> None:
    assert stripped(asked) == searched


def test_a_handful_of_records_has_no_words_in_most_of_them() -> None:
    assert stripped("Does JuiceFS cache metadata?", records=4) == "Does JuiceFS cache metadata?"


def test_naming_the_product_makes_no_record_surer(encoder: Encoder, tmp_path: Path) -> None:
    questions = ("Where does Zwirbel store logs?", "How do I upgrade Zwirbel?", "Which ports does Zwirbel open?")
    questions += ("Can Zwirbel run in a container?", "How do I stop Zwirbel?", "Does Zwirbel work offline?")
    records = [make_record(f"faq/{at}", text, "Zwirbel does.") for at, text in enumerate(questions)]
    build_snapshot(tmp_path, records, encoder)
    knowledge = KnowledgeBase.open(tmp_path)
    named, plain = (knowledge.ask(text) for text in ("can zwirbel bake bread", "can bake bread"))
    knowledge.close()
    assert named.confidence == plain.confidence
    assert named.read_as == "can zwirbel bake bread"
