"""What `faq tune` has learned about one knowledge base, beside its snapshots."""

from __future__ import annotations

from pathlib import Path

from faqkb.kb import disk
from faqkb.kb.fusion import Ranking, default_ranking, parse_ranking

_FOLDER = "tuned"


def ranking_file(folder: Path) -> Path:
    """Return where a knowledge base's own weights and thresholds lie."""
    return folder / _FOLDER / "ranking.json"


def tuned_model(folder: Path) -> Path:
    """Return where a knowledge base's own encoder lies."""
    return folder / _FOLDER / "model"


def tuned_ranking(folder: Path) -> Ranking:
    """Return a knowledge base's own ranking, else the default one. Raises RankingDamaged."""
    path = ranking_file(folder)
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return default_ranking()
    return parse_ranking(content, str(path))


def forget_tuning(folder: Path) -> bool:
    """Remove what was learned, so that the next ingest uses the defaults; returns whether there was anything."""
    tuned = folder / _FOLDER
    if not tuned.is_dir():
        return False
    with disk.writer_lock(folder / "lock", subject=str(folder)), disk.storage_errors(tuned):
        disk.remove_folder(tuned)
    return True
