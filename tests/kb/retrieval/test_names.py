"""The product's own name in a question about the product."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from faqkb.kb.building.build import build_snapshot
from faqkb.kb.index.names import names_of
from faqkb.kb.index.postings import Occurrences
from faqkb.kb.knowledge import KnowledgeBase
from faqkb.kb.model.encoder import Encoder
from faqkb.kb.retrieval.names import without_names
from tests.support.server_support import make_record

NAMES = {"juicefs": "", "marlin": "marlin.md"}


@pytest.mark.parametrize(
    ("asked", "searched"),
    [
        ("Does JuiceFS cache metadata?", "Does cache metadata?"),
        ("JuiceFS支持缓存吗", "支持缓存吗"),
        ("how do I install it", "how do I install it"),
        ("juicefs", "juicefs"),  # nothing would be left
        ("juicefs ?", "juicefs ?"),
    ],
)
def test_a_name_is_left_out(asked: str, searched: str) -> None:
    assert without_names(asked, NAMES.get).text == searched


def test_the_file_that_is_named_is_told() -> None:
    assert without_names("does Marlin run beside JuiceFS?", NAMES.get).sources == {"marlin.md"}
    assert without_names("marlin", NAMES.get).sources == set()


def names_in(*files: tuple[str, list[list[str]]]) -> dict[str, str]:
    words = [own for _, records in files for own in records]
    sources = [source for source, records in files for _ in records]
    found = Occurrences.of(dict(enumerate(words)), len(words))
    return {name.word: name.source for name in names_of(found, sources)}


def test_a_word_of_many_records_names_what_they_are_about() -> None:
    about = [["juicefs", "cache", "how"]] * 3 + [["install", "how"]] * 3
    assert names_in(("faq.md", about)) == {"juicefs": ""}  # every FAQ says `install`, `cache` and `how`
    assert names_in(("faq.md", about[:4])) == {}  # a handful of records has no words in most of them


def test_a_word_of_one_file_names_that_file() -> None:
    kite, marlin = [["kite", "sail"]] * 3 + [["wind"]] * 4, [["marlin", "sail"]] * 5 + [["kite"]]
    other = [["plain"]] * 20
    found = names_in(("kite.md", kite), ("marlin.md", marlin), ("other.md", other))
    assert found == {"kite": "kite.md", "marlin": "marlin.md", "plain": "", "sail": "", "wind": "kite.md"}


def test_the_product_named_is_asked_alone(encoder: Encoder, tmp_path: Path) -> None:
    questions = ("Where are logs stored?", "How is it upgraded?", "Which ports are opened?", "How is it stopped?")
    questions += ("Does it work offline?", "How much memory does it need?")
    records = [
        make_record(f"{product}/{at}", text, f"{product} does that in its own way.", path=f"{product}.md")
        for product in ("Kestrel", "Marlin", "Zwirbel", "Quorbit", "Fendrake", "Lomvik")
        for at, text in enumerate(questions)
    ]
    build_snapshot(tmp_path, records, encoder)
    with closing(KnowledgeBase.open(tmp_path)) as knowledge:
        found = {hit.record.id.split("/")[0] for hit in knowledge.search("how much ram does marlin take")}
        tagged = knowledge.search("which ports does kestrel open")[0].record.id
    assert found == {"Marlin"}
    assert tagged == "Kestrel/2"


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
