"""What tests share: the data beside the checkout, the prepared model, a built knowledge base."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

# As the commands and the server do: sums of float32 differ in the last digit with the number of BLAS threads.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import hypothesis
import pytest
from filter_support import build_filtered
from model_support import TINY_WORDS
from remembering import RememberingEncoder
from server_support import copied_knowledge
from workers import made_once

from faqkb.faq.bootstrap import encoder_folder
from faqkb.kb.building.build import build_snapshot
from faqkb.kb.knowledge import KnowledgeBase
from faqkb.kb.model.encoder import Encoder
from faqkb.kb.model.prepare import prepare_model

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
    """Return the loaded default model; what the knowledge bases of many tests have in common is embedded once."""
    return RememberingEncoder(model_folder)


@pytest.fixture(scope="session")
def kb_folder(encoder: Encoder, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a knowledge base over the repository's own content; tests only read it.

    Votes of servers over it are written beside it, so every worker has a copy.
    """
    from faqkb.ingest import read_sources

    def build(folder: Path) -> None:
        ingested = read_sources([ROOT / "content"])
        build_snapshot(folder, ingested.records, encoder, checks=ingested.checks)

    return copied_knowledge(made_once(tmp_path_factory, "kb", build), tmp_path_factory.mktemp("kb") / "kb")


@pytest.fixture(scope="session")
def knowledge(kb_folder: Path) -> Iterator[KnowledgeBase]:
    """Return that knowledge base, opened."""
    opened = KnowledgeBase.open(kb_folder)
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def paddleclas_folder(shared_data: Path, encoder: Encoder, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a knowledge base over five files of 138 real records; tests only read it."""
    from faqkb.ingest import read_sources

    files = sorted((shared_data / "data/corpora/PaddlePaddle+PaddleClas").glob("docs__zh_CN__FAQ__*.md"))
    return made_once(
        tmp_path_factory,
        "paddleclas",
        lambda folder: build_snapshot(folder, read_sources(files).records, encoder),
    )


@pytest.fixture(scope="session")
def filtered_folder(encoder: Encoder, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a knowledge base whose records differ in every part of a filter; tests only read it."""
    return made_once(tmp_path_factory, "filtered", lambda folder: build_filtered(folder, encoder)) / "kb"


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a sentence-transformers folder with a random two-layer BERT and a WordPiece tokenizer."""
    pytest.importorskip("transformers", reason="pip install 'faqkb[model]'")
    return made_once(tmp_path_factory, "tiny-source", _save_tiny_model) / "tiny-e5"


def _save_tiny_model(folder: Path) -> None:
    import torch
    import transformers
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Pooling, Transformer

    torch.manual_seed(0)
    sizes = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 128}
    config = transformers.BertConfig(vocab_size=len(TINY_WORDS.split()), max_position_embeddings=64, **sizes)
    transformers.BertModel(config, add_pooling_layer=False).save_pretrained(folder / "bert")
    vocabulary = {word: number for number, word in enumerate(TINY_WORDS.split())}
    transformers.BertTokenizer(vocab=vocabulary).save_pretrained(folder / "bert")
    modules = [Transformer(str(folder / "bert"), max_seq_length=64), Pooling(32, pooling_mode="cls")]
    SentenceTransformer(modules=modules, device="cpu").save(str(folder / "tiny-e5"))


@pytest.fixture(scope="session")
def tiny_prepared(tiny_model: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return that model, prepared."""

    def prepare(folder: Path) -> None:
        prepare_model(str(tiny_model), folder=folder / "tiny")

    return made_once(tmp_path_factory, "tiny-prepared", prepare) / "tiny"


@pytest.fixture(scope="session")
def paddle_python() -> Path:
    """Return a Python that has Paddle: the environment that `faq check run` makes for the checks with Paddle, kept."""
    from faqkb.faq.checks.environment import python_for
    from faqkb.kb.check_header import parse_check

    script = ROOT / "content" / "checks" / "export.py"
    return python_for(parse_check(script.read_bytes(), script.stem))
