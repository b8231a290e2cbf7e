"""A knowledge base of 100,000 records: built, opened and searched without a surprise."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from faqkb.kb.fusion import default_ranking
from faqkb.kb.index.dense import FaissIndex
from faqkb.kb.index.late_interaction import TokenIndex, quantise
from faqkb.kb.index.passages import Kind, Passage, views_of
from faqkb.kb.index.places import Places
from faqkb.kb.index.postings import Occurrences, PostingsFile, build_postings, words_of
from faqkb.kb.index.wordings import WordingClassifier
from faqkb.kb.records import Record, Source
from faqkb.kb.retrieval.ranking import Indexes, rank_records
from faqkb.kb.store.store import Store
from faqkb.kb.store.writing import NewTexts, Texts, build_store
from faqkb.kb.vectors import Embedding, Packing

RECORDS = 100_000


def record(number: int) -> Record:
    question = f"设备 dev-{number} 报错 E{number % 997} 怎么处理"
    answer = f"重启第 {number} 号设备"
    return Record(f"f/Q{number}", question, answer, answer, answer, Source("f.md", number + 1), "zh")


def test_a_hundred_thousand_records_are_searched(tmp_path: Path) -> None:
    """Vectors are random here: embedding this many takes an hour, and the store and index do not care."""
    records = [record(number) for number in range(RECORDS)]
    passages = [Passage(at, Kind.QUESTION, entry.question) for at, entry in enumerate(records)]
    none = np.zeros((RECORDS, 3), dtype=np.float32)
    words = Occurrences.of({at: words_of(entry) for at, entry in enumerate(records)}, RECORDS)
    postings = build_postings(words)
    texts = Texts(
        digests=[b""] * RECORDS,
        marks=[""] * RECORDS,
        parts=[
            NewTexts(at, [(entry.kind.value, entry.text, entry.key)], [view.key], ())
            for at, (entry, view) in enumerate(zip(passages, views_of(passages), strict=True))
        ],
        earlier=None,
        cohort=(),
        words=words,
        entries=postings.entries,
    )
    (tmp_path / "r.sqlite").write_bytes(build_store(records, texts))
    (tmp_path / "postings.bin").write_bytes(postings.content)
    places = Places(
        records=RECORDS,
        positions=np.arange(RECORDS, dtype=np.uint32),
        tokens=np.full(RECORDS, 2, dtype=np.uint32),
        begins_view=np.ones(RECORDS, dtype=np.bool_),
        baselines=none,
        view_baselines=none,
        view_tokens_at=np.arange(0, 2 * RECORDS, 2, dtype=np.uint64),
    )
    vectors = np.random.default_rng(1).normal(size=(RECORDS, 64)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    index = FaissIndex.from_bytes(FaissIndex.build(vectors).to_bytes(), 64, RECORDS)
    store = Store(tmp_path / "r.sqlite")
    none_worded = WordingClassifier((), np.empty((0, 65), dtype=np.float32))
    codes = quantise(vectors.repeat(2, axis=0))
    packing = Packing.of(codes)
    (tmp_path / "t.i4").write_bytes(packing.pack(codes).tobytes())
    tokens = TokenIndex([tmp_path / "t.i4"], packing)
    found = store.words(PostingsFile(tmp_path / "postings.bin", RECORDS))
    indexes = Indexes(index, tokens, places, found, none_worded, store, default_ranking())
    query = Embedding(vectors[777], vectors[777:778])
    by_vector = rank_records("设备怎么处理", query, indexes)[0].position
    by_word = {hit.position for hit in rank_records("dev-4242", query, indexes)}
    indexes.close()
    assert by_vector == 777
    assert 4242 in by_word
