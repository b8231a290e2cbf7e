"""A FAQ of a library, under its own name: everyday content, and what faq.toml says of it."""

from __future__ import annotations

from pathlib import Path

from server_support import make_record

from faqkb.kb.building.build import build_snapshot
from faqkb.kb.model.encoder import Encoder

LOGO = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64">'
    '<rect width="64" height="64" rx="12" fill="#7a1f5c"/>'
    '<path fill="#fff" d="M14 16q10-4 18 2 8-6 18-2v32q-10-4-18 2-8-6-18-2z"/></svg>\n'
)
FOOTER = "Town library, 1 Main Street, https://library.example.org"
CONTACT = "help@library.example.org"
SETTINGS = f"""[site]
title = {{en = "Town library", zh = "镇图书馆"}}
tagline = "Opening hours, loans, cards and rooms."
welcome = "Hello! Ask me about the library."
footer = "{FOOTER}"
contact = "{CONTACT}"
report = "https://library.example.org/report?about={{page}}&asked={{question}}"
logo = "logo.svg"
accent = "#7a1f5c"
"""
_RECORDS = (
    ("faq/hours", "When is the library open?", "Monday to Saturday from 9 to 18, and on Thursday until 20.", "en"),
    (
        "faq/loan",
        "How long may I keep a book?",
        "Three weeks. You can extend a loan twice, online or at the desk.",
        "en",
    ),
    ("faq/card", "What does a library card cost?", "Nothing for children; adults pay 12 pounds a year.", "en"),
    ("zh/hours", "图书馆几点开门？", "周一至周六 9 点到 18 点，周四到 20 点。", "zh"),
)
LOAN = "How long may I keep a book?"


def build_library(folder: Path, encoder: Encoder) -> Path:
    """Publish the records into a folder, which is returned."""
    records = [make_record(id_, question, answer, language=language) for id_, question, answer, language in _RECORDS]
    build_snapshot(folder, records, encoder)
    return folder


def write_settings(folder: Path, settings: str = SETTINGS) -> Path:
    """Write faq.toml and the logo into a folder, which is returned."""
    (folder / "faq.toml").write_text(settings, encoding="utf-8")
    (folder / "logo.svg").write_text(LOGO, encoding="utf-8")
    return folder
