"""A copy of a knowledge base to try something in: what is embedded already is not embedded again."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from faqkb.kb.disk import link_or_copy


@contextmanager
def trial_copy(folder: Path, name: str) -> Iterator[Path]:
    """Lend a knowledge base with one snapshot of another and what that has learned; linked where it can be."""
    with tempfile.TemporaryDirectory(prefix="faqkb-trial-") as made:
        copy = Path(made)
        for part in (Path("snapshots", name), Path("tuned")):
            if (folder / part).is_dir():
                shutil.copytree(
                    folder / part, copy / part, copy_function=lambda one, other: link_or_copy(Path(one), Path(other))
                )
        (copy / "current").write_text(f"{name}\n", encoding="ascii")
        yield copy
