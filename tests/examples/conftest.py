"""What tests of the examples share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from platform_support import HANDOVER
from server_support import ServedProcess, copied_knowledge, served


@pytest.fixture(scope="session")
def faq_server(kb_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedProcess]:
    """Serve the repository's own content, with words for whoever wants a person."""
    folder = tmp_path_factory.mktemp("bots")
    (folder / "faq.toml").write_text(f'[talk]\nhandover = "{HANDOVER}"\n', encoding="utf-8")
    with served(copied_knowledge(kb_folder, folder / "kb"), cwd=folder) as running:
        yield running
