"""A crowd: as many records as are wanted, made out of the real ones of the test data, in two languages.

Every record of the FAQ files at hand comes back again and again, each time about another product, version and platform,
which its question and one sentence of its answer name. So neighbours are as alike as in a large support site, and no
two are the same. The same number gives the same records.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from itertools import count, islice
from pathlib import Path

from support import ROOT, corpus_records

from faqkb.ingest import read_sources
from faqkb.kb.records import Record, Source

_ANSWER_CHARS = 400  # of an answer: two passages
_PER_FILE = 100
_PRODUCTS = (
    *("Alder", "Birch", "Cedar", "Dogwood", "Elm", "Fir", "Ginkgo", "Hazel", "Ilex", "Juniper", "Katsura", "Larch"),
    *("Maple", "Nutmeg", "Oak", "Poplar", "Quince", "Rowan", "Sorrel", "Tamarack", "Umbra", "Viburnum", "Willow"),
    *("Yew", "Zelkova"),
)
_PLATFORMS = ("Linux", "Windows", "macOS", "Android", "iOS", "a cluster", "a laptop", "the cloud")
_SAYS = {
    "zh": ("{question}（{product} {version}，{platform}）", "以上适用于 {platform} 上的 {product} {version}。"),
    "en": (
        "{question} ({product} {version} on {platform})",
        "All of this is about {product} {version} on {platform}.",
    ),
}


def crowd(size: int) -> Iterator[Record]:
    """Yield so many records, those of the FAQ files themselves first."""
    real = list(_real_records())
    for position, record in enumerate(islice(_repeated(real), size)):
        path = f"crowd/{position // _PER_FILE:06d}.md"
        line = 1 + 6 * (position % _PER_FILE)
        yield replace(record, id=f"{path[:-3]}/{position}", source=Source(path, line, None))


def _real_records() -> Iterator[Record]:
    shared = Path(os.environ.get("FAQ_SHARED", ROOT.parent / "shared"))
    corpora = shared / "data" / "corpora"
    found = read_sources([corpora]).records if corpora.is_dir() else corpus_records()
    for record in found:
        text = record.answer_text[:_ANSWER_CHARS].strip()
        yield replace(record, answer=text, answer_text=text, answer_html="", targets=(), checks=(), alternates=())


def _repeated(real: list[Record]) -> Iterator[Record]:
    yield from real
    for turn in count():
        product = _PRODUCTS[turn % len(_PRODUCTS)]
        platform = _PLATFORMS[turn // len(_PRODUCTS) % len(_PLATFORMS)]
        version = f"{1 + turn // 7 % 9}.{turn % 7}"
        for record in real:
            question, note = _SAYS["zh" if record.language == "zh" else "en"]
            named = {"product": product, "platform": platform, "version": version}
            text = f"{record.answer_text}\n\n{note.format(**named)}"
            yield replace(
                record,
                question=question.format(question=record.question, **named),
                answer=text,
                answer_text=text,
                answer_html="<p>" + text.replace("&", "&amp;").replace("<", "&lt;") + "</p>",
            )
