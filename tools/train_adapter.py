"""Trains the bundled model's adapter on questions put in other words; writes kb/bundled/adapter.npz.

    python tools/train_adapter.py [SHARED] [--epochs 2]

SHARED is the folder of test data (default: `shared` beside the checkout). Trains on the `encoder` sets of
`tools/quality_sets.py` only, about 20 minutes on two cores; then `python tools/fit_ranking.py` fits the ranking anew.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from quality_sets import ROOT, QualitySet, quality_sets

from faqkb.kb.building.build import build_snapshot
from faqkb.kb.bundled.adapter import ADAPTER_FILE, write_adapter
from faqkb.kb.bundled.weights import E5_PREFIXES, checked_weights
from faqkb.kb.knowledge import KnowledgeBase
from faqkb.kb.learning.examples import tuning_set
from faqkb.kb.learning.train_encoder import TuningSet, train_adapter
from faqkb.kb.model.assemble import assemble_e5
from faqkb.kb.model.encoder import Encoder
from faqkb.kb.model.files import default_folder
from faqkb.kb.model.loaded import quiet_libraries
from faqkb.kb.model.source import Prefixes


def main() -> None:
    """Train and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("shared", nargs="?", type=Path, default=ROOT.parent / "shared")
    parser.add_argument("--epochs", type=int, default=2)  # four overfit: docs/quality.md
    parser.add_argument("--output", type=Path, default=ROOT / "kb" / "bundled" / ADAPTER_FILE)
    chosen = parser.parse_args()
    sets = list(tuning_sets(chosen.shared))
    with quiet_libraries():
        model = assemble_e5(checked_weights())
        adapter = train_adapter(model, Prefixes(*E5_PREFIXES), sets, epochs=chosen.epochs, progress=show)
    write_adapter(adapter, chosen.output)
    print(f"wrote {chosen.output}: {chosen.output.stat().st_size} bytes")


def tuning_sets(shared: Path) -> Iterator[TuningSet]:
    """Yield what the `encoder` sets teach."""
    encoder = Encoder(default_folder())
    for own in quality_sets(shared):
        if own.use == "encoder":
            with tempfile.TemporaryDirectory() as folder:
                yield _tuning_set(own, encoder, Path(folder))


def _tuning_set(own: QualitySet, encoder: Encoder, folder: Path) -> TuningSet:
    build_snapshot(folder, own.records, encoder)
    with closing(KnowledgeBase.open(folder)) as knowledge:
        return tuning_set(knowledge, own.queries)


def show(done: int, steps: int, loss: float) -> None:
    """Print progress now and then."""
    if done % 20 == 0 or done == steps:
        print(f"step {done} of {steps}, loss {loss:.3f}", flush=True)


if __name__ == "__main__":
    main()
