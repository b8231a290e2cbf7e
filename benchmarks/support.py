"""What the benchmarks share: the records they run on, the model, medians."""

from __future__ import annotations

import json
import os
import statistics
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from platformdirs import user_cache_dir

from faqkb.faq.bootstrap import encoder_folder
from faqkb.ingest import read_sources
from faqkb.kb.model.encoder import Encoder
from faqkb.kb.model.files import BUNDLED_NAME
from faqkb.kb.model.loaded import load_source, quiet_libraries
from faqkb.kb.model.prepare import prepare_model
from faqkb.kb.model.source import find_source
from faqkb.kb.records import Record

ROOT = Path(__file__).resolve().parent.parent
OFFLINE = os.environ | {
    "HF_HUB_OFFLINE": "1",
    "HF_HUB_DISABLE_PROGRESS_BARS": "1",
    "HAYSTACK_TELEMETRY_ENABLED": "False",
}  # the peers, too, shall not lose time looking for a network
CORPUS = "data/corpora/PaddlePaddle+PaddleClas"  # under FAQ_SHARED, by default ../shared
QUERIES = "data/dev/paddleclas_queries.jsonl"


def milliseconds(seconds: Sequence[float]) -> float:
    """Return the median in milliseconds."""
    return statistics.median(seconds) * 1000


def corpus_paths() -> list[Path]:
    """Return PaddleClas' five Chinese FAQ files where they are at hand, else the bundled content."""
    shared = Path(os.environ.get("FAQ_SHARED", ROOT.parent / "shared"))
    found = sorted((shared / CORPUS).glob("docs__zh_CN__*.md"))
    return found or [ROOT / "content"]


def corpus_records() -> tuple[Record, ...]:
    """Return the records the benchmarks run on, 138 of them where the PaddleClas files are at hand."""
    return tuple(read_sources(corpus_paths()).records)


def corpus_questions(count: int) -> list[str]:
    """Return real questions spread over the query file, else the stored ones."""
    path = Path(os.environ.get("FAQ_SHARED", ROOT.parent / "shared")) / QUERIES
    if path.is_file():
        questions = [json.loads(line)["query"] for line in path.read_text(encoding="utf-8").splitlines() if line]
    else:
        questions = [record.question for record in corpus_records()]
    return questions[:: max(1, len(questions) // count)][:count]


def prepared_encoder() -> Encoder:
    """Return the default prepared model, loaded."""
    with tempfile.TemporaryDirectory() as nowhere:
        return Encoder(encoder_folder(Path(nowhere)))


def full_precision_model() -> Path:
    """Return the bundled weights as a SentenceTransformer folder, written once into the user's cache."""
    folder = Path(user_cache_dir("faqkb")) / "benchmarks" / f"{BUNDLED_NAME}-fp32"
    if not (folder / "modules.json").exists():
        print("writing the full-precision model (once, 15 s) …", file=sys.stderr)
        with quiet_libraries():
            load_source(find_source(None)).save(str(folder))
    return folder


@contextmanager
def workshop() -> Iterator[Path]:
    """Yield a temporary folder; makes sure that the model is prepared before anything is measured."""
    prepare_model(progress=lambda line: print(line, file=sys.stderr))
    with tempfile.TemporaryDirectory(prefix="faqkb-benchmark-") as folder:
        yield Path(folder)
