"""What `faq tune` has learned about one knowledge base, beside its snapshots."""

from __future__ import annotations

from pathlib import Path

from faqkb.kb import disk
from faqkb.kb.errors import ModelDamaged, ModelMissing, RankingDamaged
from faqkb.kb.fusion import Ranking, default_ranking, parse_ranking
from faqkb.kb.model.files import read_manifest, verify_files

_FOLDER = "tuned"
_RANKING_BYTES = 100_000  # has 1 kB
_WAY_OUT = "learn it again with `faq tune --queries FILE`, or do without: `faq tune --reset`"


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
        content = disk.read_regular(path, _RANKING_BYTES)
    except FileNotFoundError:
        return default_ranking()
    except OSError as error:
        raise RankingDamaged(f"{path}: {error.strerror}; {_WAY_OUT}") from error
    try:
        return parse_ranking(content, str(path))
    except RankingDamaged as error:
        raise RankingDamaged(f"{str(error).partition(';')[0]}; {_WAY_OUT}") from error


def whole_tuned_model(folder: Path) -> Path | None:
    """Return a knowledge base's own encoder, every byte checked; None where it has none. Raises ModelDamaged."""
    model = tuned_model(folder)
    if not model.is_dir():
        return None
    try:
        verify_files(model, read_manifest(model))
    except (ModelDamaged, ModelMissing) as error:
        raise ModelDamaged(f"{model}: {str(error).partition(';')[0]}; {_WAY_OUT}") from error
    return model


def forget_tuning(folder: Path) -> bool:
    """Remove what was learned, so that the next ingest uses the defaults; returns whether there was anything."""
    tuned = folder / _FOLDER
    if not tuned.is_dir():
        return False
    with disk.writer_lock(folder / "lock", subject=str(folder)), disk.storage_errors(tuned):
        disk.remove_folder(tuned)
    return True


def keep_ranking(folder: Path, ranking: Ranking) -> None:
    """Make weights and thresholds a knowledge base's own. Raises StorageFailed."""
    path = ranking_file(folder)
    with disk.storage_errors(path):
        disk.make_folders(path.parent)
        disk.replace_file(path, ranking.to_json().encode())


def keep_model(folder: Path, prepared: Path) -> None:
    """Put a prepared model where the next ingest finds it. Raises Busy, StorageFailed."""
    target = tuned_model(folder)
    with disk.storage_errors(target), disk.writer_lock(folder / "lock", subject=str(folder)):
        disk.make_folders(target.parent)
        whole = folder / f"{disk.TEMPORARY_PREFIX}model"  # a kill leaves no half of a model under its name
        if whole.is_dir():
            disk.remove_folder(whole)
        whole.mkdir()
        for path in sorted(prepared.iterdir()):
            disk.write_file(whole / path.name, path.read_bytes())
        disk.sync_folder(whole)
        disk.replace_folder(whole, target)
