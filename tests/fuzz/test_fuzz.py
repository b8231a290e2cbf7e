"""Hostile input of every kind for a few seconds each; `make fuzz` does it for as long as wanted."""

from __future__ import annotations

import pytest
from fuzz import CORPUS, inputs, run_changes, seeds_of
from targets import TARGETS

SEED = 20261130  # the same inputs in every run: what is new is looked for by `make fuzz`
SECONDS = 10.0  # of each target: two minutes for all of them


@pytest.mark.parametrize("name", TARGETS)
def test_what_once_broke_a_promise_does_not_again(name: str) -> None:
    seeds = seeds_of(name)
    assert seeds
    for content in seeds:
        TARGETS[name](content)


@pytest.mark.parametrize("name", TARGETS)
def test_no_input_breaks_a_promise(name: str) -> None:
    count, broke = run_changes(name, SECONDS, SEED)
    assert broke is None, f"keep this as a file in {CORPUS / name} once it is mended: {broke!r}"
    assert count > 0


def test_the_same_seed_makes_the_same_inputs() -> None:
    first, second = inputs("markdown", 1), inputs("markdown", 1)
    assert [next(first) for _ in range(200)] == [next(second) for _ in range(200)]


def test_every_target_has_a_corpus_and_nothing_else_has() -> None:
    assert sorted(path.name for path in CORPUS.iterdir()) == sorted(TARGETS)
