"""Where questions find records: the settings `store` and `milvus_…`, and what is opened by them."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from faqkb.faq.config import STORE_SETTINGS, read_config, settings_of
from faqkb.faq.console import say_note
from faqkb.kb.errors import ConfigError

if TYPE_CHECKING:
    from faqkb.kb.milvus.address import MilvusAddress
    from faqkb.kb.milvus.client import Milvus
    from faqkb.kb.milvus.opening import MilvusBase

_FILES, _MILVUS = "files", "milvus"
_LOCAL_ADDRESS = "http://127.0.0.1:19530"


def milvus_address() -> MilvusAddress | None:
    """Return where the knowledge base lies in Milvus, None where it lies in files. Raises ConfigError.

    Each setting comes from its variable, else from faq.toml; that a file chose Milvus is said.
    """
    config = read_config()
    settings = settings_of("faq")
    told = {name: os.environ.get(settings[name].variable) or config.store.get(name, "") for name in STORE_SETTINGS}
    store = told["store"] or _FILES
    if store not in {_FILES, _MILVUS}:
        raise ConfigError(f"store is not known (got {store[:60]!r}, expected files or milvus); correct it")
    if store == _FILES:
        return None
    from faqkb.kb.milvus.address import MilvusAddress  # noqa: PLC0415 - not where the records lie in files

    address = MilvusAddress(
        told["milvus_address"] or _LOCAL_ADDRESS, told["milvus_token"], told["milvus_base"] or "faq"
    )
    if not os.environ.get("FAQ_STORE"):
        say_note(f"records: {address}, as {config.path} says")
    return address


def milvus_base(folder: Path) -> MilvusBase | None:
    """Return the knowledge base in Milvus, None where it lies in files; `folder` may hold a model of its own.

    Raises ConfigError, and what preparing the model raises.
    """
    address = milvus_address()
    if address is None:
        return None
    from faqkb.faq.bootstrap import encoder_folder  # noqa: PLC0415 - which opens by this module
    from faqkb.kb.milvus.opening import MilvusBase  # noqa: PLC0415

    return MilvusBase(address, encoder_folder(folder))


def connected(address: MilvusAddress) -> Milvus:
    """Return a connection. Raises MilvusAway, MilvusMissing."""
    from faqkb.kb.milvus.client import Milvus  # noqa: PLC0415

    return Milvus(address)


def push(folder: Path, snapshot: str) -> None:
    """Where the store is Milvus, store a published snapshot there and make it live, saying so.

    Raises ConfigError, MilvusAway, MilvusMissing.
    """
    address = milvus_address()
    if address is None:
        return
    from faqkb.faq.progress import counted  # noqa: PLC0415
    from faqkb.kb.milvus.publishing import push_snapshot  # noqa: PLC0415

    milvus = connected(address)
    try:
        with counted("storing passages in Milvus") as told:
            is_new = push_snapshot(folder, snapshot, milvus, told)
    finally:
        milvus.close()
    say_note(f"{snapshot} is live in Milvus: {address}" if is_new else f"{snapshot} was live in Milvus already")
