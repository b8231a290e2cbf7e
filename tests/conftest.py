"""What tests share: the data beside the checkout, the prepared model, a built knowledge base."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest

from faq.bootstrap import encoder_folder
from kb.build import build_snapshot
from kb.encoder import Encoder
from kb.knowledge import KnowledgeBase

ROOT = Path(__file__).resolve().parent.parent
REQUIRE_ALL = os.environ.get("FAQ_REQUIRE_ALL") == "1"

# Where a failure stops a change from landing, the examples are the same every time; by hand they are new ones.
hypothesis.settings.register_profile("repeatable", derandomize=True)
if REQUIRE_ALL:
    hypothesis.settings.load_profile("repeatable")


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    """Under FAQ_REQUIRE_ALL=1 a skipped test is a failure: a missing tool must not look like a pass."""
    outcome = yield
    report = outcome.get_result()
    if REQUIRE_ALL and report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"skipped, but FAQ_REQUIRE_ALL=1: {report.longrepr}"


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Return the folder of real FAQ files beside the checkout; tests that need it skip where it is absent."""
    folder = Path(os.environ.get("FAQ_SHARED", ROOT.parent / "shared"))
    if not (folder / "data").is_dir():
        pytest.skip(f"no test data in {folder}; set FAQ_SHARED to a folder that has data/ and seed/")
    return folder


@pytest.fixture(scope="session")
def chromium() -> str:
    """Return the system's Chromium."""
    path = shutil.which("chromium")
    if not path:
        pytest.skip("chromium is not installed; Debian: apt-get install chromium fonts-noto-cjk")
    return path


@pytest.fixture(scope="session")
def model_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the default prepared model, prepared now when it is missing."""
    return encoder_folder(tmp_path_factory.mktemp("none"))


@pytest.fixture(scope="session")
def encoder(model_folder: Path) -> Encoder:
    """Return the loaded default model."""
    return Encoder(model_folder)


@pytest.fixture(scope="session")
def kb_folder(encoder: Encoder, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a knowledge base over the repository's own content; tests only read it."""
    from ingest import read_sources

    folder = tmp_path_factory.mktemp("kb")
    build_snapshot(folder, read_sources([ROOT / "content"]).records, encoder)
    return folder


@pytest.fixture(scope="session")
def knowledge(kb_folder: Path) -> Iterator[KnowledgeBase]:
    """Return that knowledge base, opened."""
    opened = KnowledgeBase.open(kb_folder)
    yield opened
    opened.close()
