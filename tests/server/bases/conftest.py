"""Two small knowledge bases, and one server over both for the tests that change nothing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from bases_support import build_two, served_bases
from server_support import ServedProcess, copied_knowledge
from workers import made_once

from faqkb.kb.model.encoder import Encoder


@pytest.fixture(scope="session")
def built_bases(encoder: Encoder, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = made_once(tmp_path_factory, "bases", lambda folder: build_two(folder, encoder))
    return {"library": folder / "library", "desk": folder / "desk"}


@pytest.fixture
def bases(built_bases: dict[str, Path], tmp_path: Path) -> dict[str, Path]:
    """Return copies, to be changed."""
    return {name: copied_knowledge(folder, tmp_path / name) for name, folder in built_bases.items()}


@pytest.fixture(scope="module")
def server(built_bases: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedProcess]:
    folder = tmp_path_factory.mktemp("served")
    copies = {name: copied_knowledge(each, folder / name) for name, each in built_bases.items()}
    with served_bases(copies) as running:
        yield running
