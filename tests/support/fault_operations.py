"""What is failed at every system call: each thing of ours that writes, small enough to be done a thousand times."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

from faults import Operation, State
from server_support import make_record

from faqkb.faq.export_site import export_site
from faqkb.faq.handing.giving import export_knowledge_base
from faqkb.faq.handing.receiving import command as import_command
from faqkb.kb.building.build import build_snapshot
from faqkb.kb.disk import writer_lock
from faqkb.kb.errors import KnowledgeBaseMissing
from faqkb.kb.feedback.events import Click, Vote
from faqkb.kb.feedback.log import FeedbackStore
from faqkb.kb.fusion import default_ranking
from faqkb.kb.keys.ring import KeyStore
from faqkb.kb.keys.values import Scope
from faqkb.kb.model.encoder import Encoder
from faqkb.kb.snapshot.published import entries, open_current, open_snapshot, snapshot_names
from faqkb.kb.snapshot.publishing import publish_snapshot, rollback
from faqkb.kb.snapshot.tuned import forget_tuning, keep_model, keep_ranking, tuned_model, tuned_ranking

_SMALL = "small"  # the knowledge base below the folder of a case that has an exported file beside it


def publish(folder: Path, text: str) -> str:
    """Publish a snapshot of three tiny files."""
    files = {"records.sqlite": text.encode() * 50, "passages.faiss": text.encode(), "model/model.onnx": b"m"}
    with writer_lock(folder / "lock", subject="test"):
        return publish_snapshot(folder, files, encoder="e", records=1, passages=1)


def stored(folder: Path) -> State:
    """Return the hashes of the live snapshot, or None; every file of every snapshot is checked."""
    for path in entries(folder):
        if not path.name.startswith(".tmp-"):
            files = open_snapshot(folder, path.name)
            files.verify()
            files.close()
    try:
        files = open_current(folder)
    except KnowledgeBaseMissing:
        return None
    files.close()
    return tuple((path, entry.sha256) for path, entry in sorted(files.manifest.files.items()))


def voted(folder: Path) -> State:
    """Return the events that are kept, without their times."""
    store = FeedbackStore(folder)
    store.verify()
    return tuple(replace(event, at=None) for event in store.events())


def known_keys(folder: Path) -> State:
    """Return the keys, without their secrets."""
    store = KeyStore(folder)
    store.verify()
    return tuple((key.name, key.revoked is not None) for key in store.read())


def tuned(folder: Path) -> State:
    """Return what was learned: the ranking, and the bytes of the model."""
    model = {path.name: path.read_bytes() for path in tuned_model(folder).glob("*")}
    return tuned_ranking(folder), tuple(sorted(model.items()))


def revoke_the_first(folder: Path) -> None:
    """Take the first key back."""
    store = KeyStore(folder)
    store.revoke(store.read()[0].id)


def prepared(folder: Path, letter: bytes) -> Path:
    """Return a folder beside that holds a prepared model, in miniature."""
    model = folder.with_name(f"prepared-{letter.decode()}")
    model.mkdir(exist_ok=True)
    for name in ("manifest.json", "model.onnx", "tokenizer.json"):
        (model / name).write_bytes(letter * 100)
    return model


def learn(folder: Path, letter: bytes) -> None:
    """Keep a model as `faq tune` does."""
    keep_model(folder, prepared(folder, letter))


def all_of(*steps: Callable[[Path], object]) -> Callable[[Path], None]:
    """Return what does one after the other."""

    def act(folder: Path) -> None:
        for step in steps:
            step(folder)

    return act


def _nothing(folder: Path) -> None:
    del folder


one, two = (partial(publish, text=text) for text in ("one", "two"))
many = all_of(*(partial(publish, text=str(number)) for number in range(5)))


def _added(folder: Path) -> None:
    KeyStore(folder).add("bot", [Scope.READ])


def _vote(folder: Path, vote: Vote | Click) -> None:
    FeedbackStore(folder).record(vote)


def _ranked(folder: Path, queries: int) -> None:
    keep_ranking(folder, replace(default_ranking(), queries=queries))


first_vote, later_vote = partial(_vote, vote=Vote("a", helpful=True)), partial(_vote, vote=Click("faq/Q1", "why"))

SHORT = (
    Operation("publish, first", _nothing, one, stored),
    Operation("publish, next", one, two, stored),
    Operation("publish, prunes", many, two, stored),
    Operation("rollback", all_of(one, two), lambda folder: rollback(folder, snapshot_names(folder)[0]), stored),
    Operation("vote, first", _nothing, first_vote, voted),
    Operation("vote, later", first_vote, later_vote, voted),
    Operation("key, first", _nothing, _added, known_keys),
    Operation("key, revoked", all_of(_added, _added), revoke_the_first, known_keys),
    Operation("tune, first model", _nothing, partial(learn, letter=b"a"), tuned),
    Operation("tune, next model", partial(learn, letter=b"a"), partial(learn, letter=b"b"), tuned),
    Operation("tune, ranking", partial(_ranked, queries=1), partial(_ranked, queries=2), tuned),
    Operation("tune, forgotten", partial(learn, letter=b"a"), forget_tuning, tuned),
)


def long_operations(encoder: Encoder, rehearsal: Path) -> tuple[Operation, ...]:
    """Return what takes longer: real knowledge bases, made and handed over.

    The encoder must remember its texts, which it is given in a folder of their own: a forked child has no threads of
    ONNX Runtime.
    """

    def build(folder: Path, number: int) -> None:
        records = [make_record(f"faq/Q{n}", f"What is number {n}?", f"It is {n}.") for n in range(number)]
        build_snapshot(folder, records, encoder)

    def within(act: Callable[[Path], object]) -> Callable[[Path], object]:
        return lambda folder: act(folder / _SMALL)

    five, six = partial(build, number=5), partial(build, number=6)
    for act in (five, six):
        act(rehearsal)
    return (
        Operation("ingest, first", _nothing, five, stored),
        Operation("ingest, next", five, six, stored),
        Operation(
            "export kb", within(five), lambda folder: export_knowledge_base(folder / _SMALL, folder / "out"), out
        ),
        Operation(
            "export site", within(five), lambda folder: export_site(folder / _SMALL, folder / "site", None), site
        ),
        Operation("import", all_of(within(five), _handed), _imported, stored),
    )


def out(folder: Path) -> State:
    path = folder / "out"
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.exists() else None


def site(folder: Path) -> State:
    """Return the files of the site and their sizes: pages name the time they were made."""
    return tuple(sorted((str(path.relative_to(folder)), path.is_dir()) for path in (folder / "site").rglob("*")))


def _handed(folder: Path) -> None:
    export_knowledge_base(folder / _SMALL, folder / "in.faqkb")


def _imported(folder: Path) -> None:
    import_command.main([str(folder / "in.faqkb"), "--kb", str(folder)], standalone_mode=False)
