"""Small knowledge bases with keys, as tests of access need them."""

from __future__ import annotations

import base64
from pathlib import Path

from server_support import make_record

from faqkb.kb.building.build import build_snapshot
from faqkb.kb.keys.ring import KeyStore
from faqkb.kb.keys.values import Scope
from faqkb.kb.model.encoder import Encoder

QUESTION = "How do I reset the device?"


def small_kb(folder: Path, encoder: Encoder) -> Path:
    """Publish two questions in a folder; returns it."""
    records = [
        make_record("faq/Q1", QUESTION, "Hold the button for ten seconds."),
        make_record("faq/Q2", "Is it waterproof?", "No, keep it dry."),
    ]
    build_snapshot(folder, records, encoder)
    return folder


def new_key(folder: Path, *scopes: str, **fields: int) -> str:
    """Make a key with some scopes, read alone by default; returns its text."""
    return KeyStore(folder).add("test", [Scope(scope) for scope in scopes or ("read",)], **fields).text


def bearer(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


def basic(key: str, user: str = "me") -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"{user}:{key}".encode()).decode()}
