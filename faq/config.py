"""Where things are: `--kb` > `FAQ_KB` > `faq.toml` found upward > the user's data folder."""

from __future__ import annotations

import os
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kb.errors import ConfigError

KB_VARIABLE = "FAQ_KB"
CONFIG_FILE = "faq.toml"
_FIELDS = {"kb": str, "content": list}
# Beside the packages, both in a checkout and in an installed wheel.
BUNDLED_CONTENT = Path(__file__).resolve().parent.parent / "content"


@dataclass(frozen=True, slots=True)
class Config:
    """What faq.toml says; its paths are relative to the folder it lies in."""

    kb: Path | None = None
    content: tuple[Path, ...] = ()


def read_config(start: Path | None = None) -> Config:
    """Return the nearest faq.toml at or above a folder (the current one), or an empty Config. Raises ConfigError."""
    start = start or Path.cwd()
    for folder in (start, *start.parents):
        path = folder / CONFIG_FILE
        if path.is_file():
            return _parse(path)
    return Config()


def _parse(path: Path) -> Config:
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8")).get("faq", {})
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: not TOML ({error}); correct it") from error
    _check_fields(path, table)
    return Config(
        kb=path.parent / Path(table["kb"]).expanduser() if "kb" in table else None,
        content=tuple(path.parent / Path(entry).expanduser() for entry in table.get("content", [])),
    )


def _check_fields(path: Path, table: Any) -> None:
    if not isinstance(table, dict) or not set(table) <= set(_FIELDS):
        raise ConfigError(f"{path}: unknown settings (got {sorted(table)}, expected {sorted(_FIELDS)}); correct [faq]")
    for name, value in table.items():
        entries = value if isinstance(value, list) else [value]
        if not isinstance(value, _FIELDS[name]) or not all(isinstance(entry, str) for entry in entries):
            raise ConfigError(f"{path}: {name} has the wrong type (got {value!r}, expected text); correct [faq]")


def kb_folder(option: Path | None) -> Path:
    """Return the folder of the knowledge base to use. Raises ConfigError."""
    if option:
        return option.absolute()
    if os.environ.get(KB_VARIABLE):
        return Path(os.environ[KB_VARIABLE]).expanduser().absolute()
    configured = read_config().kb
    if configured:
        return configured.absolute()
    from platformdirs import user_data_path  # noqa: PLC0415 - only where nothing is configured

    return user_data_path("faqkb") / "kb"


def content_paths() -> tuple[Path, ...]:
    """Return the configured content, else the content that comes with the package. Raises ConfigError."""
    return read_config().content or (BUNDLED_CONTENT,)
