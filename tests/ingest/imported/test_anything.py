"""Whatever stands in a file, it is read or refused in a sentence: nothing else happens."""

from __future__ import annotations

import csv
import io
import json
from contextlib import suppress
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from faqkb.ingest.imported.layout import lay_out
from faqkb.ingest.imported.recognise import read_collection
from faqkb.kb.errors import ContentError

LEAVES = st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=8), st.floats(allow_nan=False))
FIELDS = {
    "qna": ("qid", "q", "a", "alt", "t", "type", "r", "sa", "clientFilterValues"),
    "qnaDocuments": ("id", "questions", "answer", "metadata", "context", "source", "dialog"),
    "hits": ("hierarchy", "content", "type", "objectID", "tags", "url", "faq", "lang"),
    "mainEntity": ("@type", "@id", "name", "text", "acceptedAnswer", "suggestedAnswer", "inLanguage", "keywords"),
}


OTHERS = ["lvl0", "lvl1", "markdown", "text", "value", "prompts"]


def values(names: tuple[str, ...]) -> st.SearchStrategy[Any]:
    keys = st.one_of(st.sampled_from([*names, *OTHERS]), st.text(max_size=3))
    return st.recursive(
        LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=6), max_leaves=12
    )


def objects(names: tuple[str, ...]) -> st.SearchStrategy[Any]:
    return st.dictionaries(st.sampled_from(names), values(names), max_size=len(names)) | values(names)


DOCUMENTS = st.sampled_from(list(FIELDS)).flatmap(
    lambda name: st.lists(objects(FIELDS[name]), max_size=4).map(
        lambda items: {"@type": "FAQPage", name: items} if name == "mainEntity" else {name: items}
    )
)


def read(text: str, name: str) -> None:
    """Read a file; anything but a refusal is a failure."""
    with suppress(ContentError):
        collection = read_collection(text.encode("utf-8", "surrogatepass"), name)
        for file in lay_out(collection, name).files:
            file.text.encode()


@settings(max_examples=80, deadline=None)
@given(DOCUMENTS)
def test_any_json(document: Any) -> None:
    read(json.dumps(document), "x.json")


HEADERS = ["Question", "Answer", "Metadata", "QnaId", "Prompts", "q", "a", "indexes", "metadata", "问题", "答案", "id"]
CELLS = st.one_of(st.text(max_size=8), st.sampled_from(['[{"name": 1}]', "[1]", "{}", "a:b|c"]))


@settings(max_examples=80, deadline=None)
@given(
    st.lists(st.sampled_from(HEADERS), min_size=2, max_size=8),
    st.lists(st.lists(CELLS, max_size=9)),
    st.sampled_from(["\t", ","]),
)
def test_any_table(header: list[str], rows: list[list[str]], delimiter: str) -> None:
    buffer = io.StringIO()
    csv.writer(buffer, delimiter=delimiter).writerows([header, *rows])
    read(buffer.getvalue(), "x.csv")


@settings(max_examples=80, deadline=None)
@given(st.text(max_size=60) | st.binary(max_size=60).map(lambda raw: raw.decode("latin-1")))
def test_any_text(text: str) -> None:
    read(text, "x")
