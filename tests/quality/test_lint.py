"""`faq lint` on real FAQs: places that it has to tell, places that only look like it, and how long it takes."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest
from lint_support import findings

HERE = Path(__file__).parent
PLACES = [json.loads(line) for line in (HERE / "lint_places.jsonl").read_text(encoding="utf-8").splitlines()]
# No real file at hand has one: `tools/plant_defects.py` plants them into real files.
PLANTED = {"heading-blank", "label-order", "script-in-question", "missing-twin", "not-first"}
QUICK_SECONDS = 60.0  # for 44 files; it takes 5 on a machine that does nothing else


def name_of(place: dict[str, Any]) -> str:
    """Return what a test of a place is called."""
    return (
        f"{place['rule']}-{'found' if place['found'] else 'clean'}-{Path(place['path']).stem}-{place.get('line', '')}"
    )


@pytest.mark.parametrize("place", PLACES, ids=name_of)
def test_a_real_place_is_told_or_not(
    place: dict[str, Any], shared_data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = list(place.get("options", ()))
    for name in place.get("tree", ()):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("", encoding="utf-8")
        options = ["--against", str(tmp_path)]
    found = findings(capsys, shared_data / "data" / "corpora", place["path"], "--only", place["rule"], *options)
    lines = [each["line"] for each in found]
    assert (place["line"] in lines if "line" in place else bool(lines)) == place["found"], found


def test_every_rule_has_a_real_place_of_both_kinds() -> None:
    rules = {place["rule"] for place in PLACES}
    found = {place["rule"] for place in PLACES if place["found"]}
    assert rules - found == PLANTED | {"contradiction", "better-elsewhere"}
    assert {place["rule"] for place in PLACES if not place["found"]} == rules


def test_all_real_files_are_read_within_a_minute(shared_data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    began = time.process_time()
    found = findings(capsys, shared_data / "data" / "corpora", ".", "--quick")
    assert time.process_time() - began < QUICK_SECONDS
    assert len(found) > 200


def test_judgements_say_nothing_of_the_texts_and_are_right_often_enough() -> None:
    lines = [json.loads(line) for line in (HERE / "lint_judgements.jsonl").read_text(encoding="utf-8").splitlines()]
    assert {frozenset(line) for line in lines} == {frozenset({"path", "line", "rule", "says", "half", "verdict"})}
    judged = [line["verdict"] for line in lines if line["verdict"] != "moot"]
    assert len(judged) >= 200
    assert judged.count("right") >= 0.9 * len(judged)
