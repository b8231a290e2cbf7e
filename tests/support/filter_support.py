"""A knowledge base in which every part of a filter tells records apart, and values made to break out of a filter."""

from __future__ import annotations

from pathlib import Path

from faqkb.ingest import read_sources
from faqkb.kb.building.build import build_snapshot
from faqkb.kb.model.encoder import Encoder

QUESTION = "How do I install the oven?"
OVEN, REPAIR, OLD = "guide/oven/install", "guide/oven/repair", "guide/old/install"
CHINESE = "zh/guide/oven/install"
DOOR = "guide/oven/door"
SHELF, HOURS = "guidebook/shelf", "faq/hours"
EVERY = {OVEN, DOOR, REPAIR, OLD, CHINESE, SHELF, HOURS}
FILES = {
    "guide/oven.md": """---
version: 2.10
---

# Guide

## Install

### How do I install the oven?

<!-- faq: id=install tags=kitchen -->

Push it into the wall.

### Which way does its door open?

<!-- faq: id=door version=5 -->

To the left.

## Repair

### How do I repair the oven?

<!-- faq: id=repair version=3,4 tags=kitchen,workshop -->

Bring it to the workshop.
""",
    "guide/old.md": """# Guide

## Install

### How do I install the oven of old?

<!-- faq: id=install version="2.1 LTS" -->

Two people hold it, a third one turns the screws.
""",
    "zh/guide/oven.md": """# 指南

## 安装

### 怎么安装烤箱？

<!-- faq: id=install -->

把它推进墙里。
""",
    "guidebook.md": """# Book

## How do I install the book shelf?

<!-- faq: id=shelf -->

Hang it on two hooks.
""",
    "faq.md": """# FAQ

## When do you open?

<!-- faq: id=hours -->

At nine in the morning.
""",
}
# What is said on the command line and over HTTP, as options and as fields of `filter`, and what may be found then.
PARTS = [
    ({"language": "zh"}, {CHINESE}),
    ({"language": "zh-CN"}, {CHINESE}),
    ({"language": "English"}, EVERY - {CHINESE}),
    ({"path": "guide/"}, {OVEN, DOOR, REPAIR, OLD}),
    ({"path": "guide"}, {OVEN, DOOR, REPAIR, OLD}),
    ({"path": "guide/oven.md"}, {OVEN, DOOR, REPAIR}),
    ({"section": "install"}, {OVEN, DOOR, OLD}),
    ({"section": "安装"}, {CHINESE}),
    ({"version": "2.10"}, {OVEN, CHINESE, SHELF, HOURS}),
    ({"version": "4"}, {REPAIR, CHINESE, SHELF, HOURS}),
    ({"version": "2.1 lts"}, {OLD, CHINESE, SHELF, HOURS}),
    ({"version": "9"}, {CHINESE, SHELF, HOURS}),
    ({"path": "guide/", "version": "2.10"}, {OVEN}),
    ({"path": "guide/", "section": "Install", "language": "en", "version": "3"}, set()),
]
"""Each: the parts of a filter, and the records that may be found."""
NOTHING = [
    "../guide",
    "guide/../guide",
    "guide/%",
    "guide_oven.md",
    "%",
    "*",
    "guide/*.md",
    "guide'--",
    "' OR '1'='1",
    '"',
    "\x00",
    "guide\x00/",
    "/",
    "//",
    "guid",
    "x" * 64,
]
"""Values that no record has, of any part but a language."""


def build_filtered(folder: Path, encoder: Encoder) -> Path:
    """Write the files below a folder, and a knowledge base of them; return that."""
    for name, text in FILES.items():
        path = folder / "content" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    ingested = read_sources([folder / "content"])
    assert {record.id for record in ingested.records} == EVERY
    build_snapshot(folder / "kb", ingested.records, encoder)
    return folder / "kb"
