"""What a site needs to answer by meaning: runtime, encoder and pieces, which last, and what is of its own records.

The files that last lie in `model/` under names that say their content, so that a browser keeps them when the records
change. All are packed by gzip and unpacked by the page's own scripts: plain file servers send what they find.
"""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib.resources import files

from faqkb.kb.bundled.array_file import array_file
from faqkb.kb.bundled.browser import BrowserEncoder
from faqkb.kb.errors import ExportRefused
from faqkb.kb.knowledge import KnowledgeBase
from faqkb.kb.model.languages import SCRIPTS, piece_speaker
from faqkb.kb.model.prepare import is_bundled
from faqkb.kb.records import Record
from faqkb.kb.retrieval.spelling import english_words
from faqkb.server.site.runtime import SCRIPT, VERSION, WASM
from faqkb.server.site.talking import talk_likeness

FOLDER = "meaning"
"""Of the scripts, beside those of the search for words."""
SHELF = "model"
"""Of the files that last, at the top of the site."""
_FROM_SCRIPTS = "../../.."  # from the scripts to the top of the site
_SCRIPTS = (
    "answerer.js",
    "answers.js",
    "arrays.js",
    "encoder.js",
    "highlight.js",
    "knowledge.js",
    "loading.js",
    "marks.js",
    "question.js",
    "ranking.js",
    "talking.js",
    "tokenizer.js",
    "worker.js",
)
_DIGITS = 12  # of a sha256 in a name


@dataclass(frozen=True, slots=True)
class PackedFile:
    """A file of the search by meaning."""

    name: str
    """By which the scripts know it."""
    path: str
    """From the top of the site for what lasts, else from the scripts."""
    content: bytes
    """Packed by gzip."""
    lasts: bool
    """Whether it stays the same when the records change."""

    def listed(self) -> dict[str, object]:
        """Return what the scripts have to know to load it."""
        address = f"{_FROM_SCRIPTS}/{self.path}" if self.lasts else self.path
        sha256 = hashlib.sha256(self.content).hexdigest()
        return {"name": self.name, "address": address, "bytes": len(self.content), "sha256": sha256}


def browser_encoder(languages: Sequence[str], records: Sequence[Record]) -> BrowserEncoder:
    """Return the encoder for questions in some languages, those of the records when none are given.

    Raises ModelMissing, ModelDamaged.
    """
    spoken = {record.language for record in records}.intersection(SCRIPTS)
    speakers = {language: piece_speaker((language,)) for language in languages or spoken or {"en"}}
    return BrowserEncoder(speakers, english_words())


class MeaningSearch:
    """The search by meaning over one snapshot."""

    def __init__(self, knowledge: KnowledgeBase, runtime: Mapping[str, bytes], encoder: BrowserEncoder) -> None:
        """Take the runtime's files, and the encoder with the pieces of the wanted languages. Raises ExportRefused."""
        if not is_bundled(knowledge.encoder.manifest):
            raise ExportRefused(
                f"this knowledge base uses the encoder {knowledge.encoder.id}, and a browser can only be given the"
                " bundled one of this version; export with --search words, or run `faq ingest` with that one first"
            )
        self._knowledge = knowledge
        self._records = tuple(knowledge.all_records())
        self._runtime = runtime
        self._encoder = encoder

    def lasting(self) -> Iterator[tuple[str, bytes]]:
        """Yield path and content of the files that last."""
        yield self._script_path, self._runtime[SCRIPT]
        for file in self._packed:
            if file.lasts:
                yield file.path, file.content

    def scripts(self, shard_records: int) -> Iterator[tuple[str, bytes]]:
        """Yield path and content of what lies beside the scripts of the search for words, the scripts included."""
        for name in _SCRIPTS:
            yield f"{FOLDER}/{name}", files("faqkb.server.site").joinpath(FOLDER, name).read_bytes()
        for file in self._packed:
            if not file.lasts:
                yield f"{FOLDER}/{file.path}", file.content
        manifest = {
            "runtime": f"{_FROM_SCRIPTS}/{self._script_path}",
            "shard_records": shard_records,
            "files": [file.listed() for file in self._packed],
        }
        yield f"{FOLDER}/manifest.json", json.dumps(manifest, indent=1).encode()

    @property
    def _script_path(self) -> str:
        return f"{SHELF}/onnxruntime-web-{VERSION}/{SCRIPT.replace('.mjs', '.js')}"  # every server knows what .js is

    @cached_property
    def _packed(self) -> tuple[PackedFile, ...]:
        return (
            _lasting("wasm", self._runtime[WASM]),
            _lasting("encoder", self._encoder.layers()),
            _lasting("pieces", self._encoder.table()),
            _lasting("talk", talk_likeness()),
            PackedFile("knowledge", "knowledge.bin", _pack(self._carried()), lasts=False),
        )

    def _carried(self) -> bytes:
        """Return what questions are ranked against, with the pieces that these records hold beside the encoder's."""
        texts = [text for own in self._records for text in (own.question, *own.alternates, own.answer_text)]
        beside = self._encoder.beside(texts)
        carried = self._knowledge.carried()
        prompt = self._knowledge.encoder.manifest.query_prefix
        values = {**carried.values, "query_prefix": prompt, "pieces": self._encoder.texts(beside)}
        return array_file(values, {**carried.arrays, **self._encoder.rows(beside)})


def _lasting(name: str, content: bytes) -> PackedFile:
    packed = _pack(content)
    return PackedFile(name, f"{SHELF}/{name}-{hashlib.sha256(packed).hexdigest()[:_DIGITS]}.bin", packed, lasts=True)


def _pack(content: bytes) -> bytes:
    return gzip.compress(content, 9, mtime=0)
