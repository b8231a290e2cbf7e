"""`faq snapshots`: list them, or go back to one."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from faqkb.faq.config import kb_folder, milvus_address
from faqkb.faq.console import say, say_json
from faqkb.faq.options import examples, json_option, kb_option
from faqkb.kb.snapshot.published import find_snapshot, list_snapshots
from faqkb.kb.snapshot.publishing import rollback

if TYPE_CHECKING:
    from faqkb.kb.milvus.address import MilvusAddress


@click.command("snapshots", epilog=examples("faq snapshots", "faq snapshots --rollback previous"))
@click.option(
    "--rollback",
    "target",
    metavar="NAME",
    help="Make this snapshot the live one: its name, a beginning of it, or `previous`.",
)
@kb_option
@json_option
def command(target: str | None, kb: Path | None, as_json: bool) -> None:
    """List the snapshots of a knowledge base, oldest first; `*` marks the live one."""
    address = milvus_address()
    if address is not None:
        _of_milvus(address, target, as_json=as_json)
        return
    folder = kb_folder(kb)
    if target:
        rollback(folder, find_snapshot(folder, target))
    found = list_snapshots(folder)
    if as_json:
        say_json({"snapshots": [asdict(snapshot) for snapshot in found]})
        return
    for snapshot in found:
        mark = "*" if snapshot.current else " "
        say(f"{mark} {snapshot.name}  {snapshot.records} records, {snapshot.passages} passages")


def _of_milvus(address: MilvusAddress, target: str | None, *, as_json: bool) -> None:
    """List the snapshots that Milvus holds, or make one of them the live one there."""
    from faqkb.kb.milvus.client import Milvus  # noqa: PLC0415
    from faqkb.kb.milvus.publishing import list_stored, roll_back  # noqa: PLC0415 - not where the records lie in files

    milvus = Milvus(address)
    try:
        if target:
            roll_back(milvus, target)
        found = list_stored(milvus)
    finally:
        milvus.close()
    if as_json:
        say_json({"snapshots": [asdict(snapshot) for snapshot in found]})
        return
    for snapshot in found:
        say(f"{'*' if snapshot.current else ' '} {snapshot.name}")
