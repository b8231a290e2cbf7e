"""Knowledge bases of made-up vectors: that they open, answer and cost what real ones cost, and the page of figures."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
import stages
from crowd import crowd
from page import write_page
from results import Row, Table, at_most, lower_ratio
from scale import bytes_of, medians, seconds_of_a_core
from stored import Measured, Run, write_json, write_run
from synthetic import BEGINNING, LIKENESS, SyntheticEncoder

from faqkb.kb.building.build import build_snapshot
from faqkb.kb.index.passages import Kind
from faqkb.kb.knowledge import KnowledgeBase
from faqkb.kb.model.encoder import Encoder
from faqkb.kb.records import Record

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def records() -> list[Record]:
    """Return forty; the vectors of the first twelve are the encoder's own."""
    return list(crowd(40))


@pytest.fixture(scope="module")
def made_up(model_folder: Path, records: list[Record]) -> SyntheticEncoder:
    return SyntheticEncoder(model_folder, records[:12])


def test_the_first_vectors_are_the_encoders_own_and_the_others_made_up(
    made_up: SyntheticEncoder, encoder: Encoder, records: list[Record]
) -> None:
    texts, kinds = [record.question for record in records], [Kind.QUESTION] * 40
    made, real = (one.encode_passages(texts, kinds) for one in (made_up, encoder))
    alike = np.sum(made.vectors * real.vectors, axis=1)
    assert alike[:12] == pytest.approx(1, abs=1e-5)
    assert alike[12:].max() < 0.995
    assert np.linalg.norm(made.vectors, axis=1) == pytest.approx(1, abs=1e-5)
    assert [one.shape for one in made.tokens] == [one.shape for one in real.tokens]


def test_a_made_up_vector_lies_as_near_to_its_kin_as_in_the_crowd(
    made_up: SyntheticEncoder, records: list[Record]
) -> None:
    long = next(record.question for record in records[:12] if len(record.question) > BEGINNING)
    own, kin = made_up.encode_passages([long, f"{long} (Elm 2.1 on Linux)"], [Kind.QUESTION] * 2).vectors
    assert float(own @ kin) == pytest.approx(LIKENESS, abs=1e-3)


def test_the_same_texts_give_the_same_vectors_in_any_order(made_up: SyntheticEncoder, records: list[Record]) -> None:
    texts, kinds = [record.question for record in records], [Kind.QUESTION] * 40
    one, other = made_up.encode_passages(texts, kinds), made_up.encode_passages(texts[::-1], kinds)
    assert (one.vectors == other.vectors[::-1]).all()
    assert all((mine == yours).all() for mine, yours in zip(one.tokens, other.tokens[::-1], strict=True))


def test_a_knowledge_base_of_made_up_vectors_is_asked_stage_by_stage(
    made_up: SyntheticEncoder, records: list[Record], tmp_path: Path
) -> None:
    build_snapshot(tmp_path / "kb", records, made_up)
    measured = stages.measure(tmp_path / "kb", [record.question for record in records[:12]], turns=3)
    assert len(measured["questions"]) == 36
    for question in measured["questions"]:
        assert sum(question.values()) == pytest.approx(2 * question[stages.ALL])
        assert {"tokenise", "encode", "dense search", "words", "late interaction", "serialise"} <= set(question)
    once = medians(measured["questions"])
    assert len(once) == 12
    core = seconds_of_a_core(once[0])
    assert core["front"] >= once[0]["encode"] * 1000
    assert min(core.values()) >= 0
    files = bytes_of(tmp_path / "kb")
    assert sum(files.values()) > 100_000
    assert not [name for name in files if name.startswith("model")]
    with closing(KnowledgeBase.open(tmp_path / "kb")) as knowledge:
        assert knowledge.ask(records[0].question).hits[0].record.id == records[0].id


def test_the_page_holds_every_table_and_the_curves(tmp_path: Path) -> None:
    page, stored, scale, curves = (tmp_path / name for name in ("page.md", "stored.json", "scale.json", "scale.svg"))
    page.write_text((ROOT / "docs" / "benchmarks.md").read_text(encoding="utf-8"), encoding="utf-8")
    rows = (Row("ask", 20.3, "ms", at_most(10)), lower_ratio("ask / txtai", 0.2))
    write_run(Run("a machine", "2026-11-30", (Measured("warm_ask", 61, (Table("Warm", rows),)),)), stored)
    sized = [
        {
            "records": records,
            "passages": 2 * records,
            "opened_s": 0.5,
            "cold_ask_s": 1.0,
            "resident_mb": 400,
            "bytes": {"tokens": records * 1_000},
            "stages_ms": {"in all": [9.0, 12.0], "encode": [7.0, 8.0]},
        }
        for records in (100, 1_000)
    ]
    write_json(scale, {"machine": "another machine", "date": "2026-11-29", "sizes": sized})
    write_page(page, stored, scale, curves)
    text = page.read_text(encoding="utf-8")
    for line in (
        "| ask | 20.3 ms | at most 10 ms | **missed** |",
        "`.venv/bin/python benchmarks/warm_ask.py`, 61 s",
        "|  | 100 | 1,000 |",
        "| in all | 9.00 · 12.00 | 9.00 · 12.00 |",
        "| bytes of a record on disk | 1,000 | 1,000 |",
    ):
        assert line in text.splitlines()
    assert ElementTree.parse(curves).getroot().tag.endswith("svg")
    before = curves.read_bytes(), text
    write_page(page, stored, scale, curves)
    assert (curves.read_bytes(), page.read_text(encoding="utf-8")) == before
