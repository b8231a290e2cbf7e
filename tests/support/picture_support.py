"""Pictures of one pixel, and a folder of FAQ that shows one."""

from __future__ import annotations

import hashlib
import struct
import zlib
from pathlib import Path

from faqkb.ingest import Ingested, read_sources
from faqkb.kb.building.build import Published, build_snapshot
from faqkb.kb.model.encoder import Encoder

QUESTION = "How is the kettle descaled?"


def png(red: int = 0) -> bytes:
    """Return a picture of one pixel; another red is another file."""
    parts = (b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0)), (b"IDAT", zlib.compress(bytes((0, red, 0, 0))))
    chunks = (
        struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
        for kind, content in (*parts, (b"IEND", b""))
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def name_of(content: bytes, suffix: str = "png") -> str:
    return f"{hashlib.sha256(content).hexdigest()}.{suffix}"


def write_faq(folder: Path, answer: str = "Boil vinegar in it. ![chart](img/chart.png)") -> Ingested:
    """Write one question and its picture, and read them."""
    (folder / "img").mkdir(parents=True, exist_ok=True)
    (folder / "img" / "chart.png").write_bytes(png())
    (folder / "faq.md").write_text(f"# FAQ\n\n## {QUESTION}\n\n{answer}\n", encoding="utf-8")
    return read_sources([folder])


def publish(ingested: Ingested, kb: Path, encoder: Encoder) -> Published:
    return build_snapshot(kb, ingested.records, encoder, pictures=ingested.pictures)
