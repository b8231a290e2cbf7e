"""Writes kb/bundled/reference.npz: what sentence-transformers makes of the bundled weights and our adapter.

Run it after the adapter, the weights or the verification sample changed. It needs `faqkb[model]`.
"""

from __future__ import annotations

from pathlib import Path

from faqkb.kb.bundled.reference import REFERENCE_FILE, write_reference
from faqkb.kb.model.loaded import LoadedModel, load_source, quiet_libraries
from faqkb.kb.model.source import find_source
from faqkb.kb.model.verify import sample_texts

TARGET = Path(__file__).resolve().parents[1] / "kb" / "bundled" / REFERENCE_FILE


def main() -> None:
    """Embed the sample with torch, and write."""
    source = find_source(None)
    with quiet_libraries():
        model = LoadedModel(load_source(source), source.name)
        texts = sample_texts(model.prefixes)
        write_reference(texts, model.embed(texts), TARGET)
    print(f"{TARGET}: {len(texts)} texts, {TARGET.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
