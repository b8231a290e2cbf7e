"""Settings: an option > its environment variable > `faq.toml` found upward > what is built in."""

from __future__ import annotations

import os
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from faqkb.kb.errors import ConfigError

KB_VARIABLE = "FAQ_KB"
SERVER_VARIABLE = "FAQ_SERVER"
ORIGINS_VARIABLE = "FAQ_ALLOW_ORIGINS"
CONFIG_FILE = "faq.toml"
_FIELDS: dict[str, dict[str, type]] = {
    "faq": {"kb": str, "content": list, "server": str},
    "serve": {
        "allow_origins": list,
        "public": bool,
        "rate_per_minute": int,
        "behind_proxy": int,
        "audit_log": str,
        "audit_questions": bool,
    },
    "feedback": {"retention_days": int},
}
_KINDS = {str: "text", list: "texts in a list", bool: "true or false", int: "a whole number"}
# Beside the packages, both in a checkout and in an installed wheel.
BUNDLED_CONTENT = Path(__file__).resolve().parent.parent / "content"


@dataclass(frozen=True, slots=True)
class Config:
    """What faq.toml says; its paths are relative to the folder it lies in."""

    kb: Path | None = None
    content: tuple[Path, ...] = ()
    server: str | None = None
    """Address of the server to ask instead of a knowledge base on this machine."""
    allow_origins: tuple[str, ...] = ()
    """Of [serve]: the sites whose pages may use the API and the widget."""
    public: bool | None = None
    """Of [serve], as all to the end but the last: see `faq serve --help`."""
    rate_per_minute: int | None = None
    behind_proxy: int | None = None
    audit_log: Path | None = None
    audit_questions: bool | None = None
    retention_days: int | None = None
    """Of [feedback]: how long events are kept, 0 for ever."""
    readings: tuple[tuple[str, str, int], ...] = ()
    """Of [[read]]: which files (`guide/*.md`), how they are read, the level of their questions or 0."""


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
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: not TOML ({error}); correct it") from error
    table, serving, feedback = (_checked_table(path, tables, name) for name in _FIELDS)
    audit_log = serving.get("audit_log")
    return Config(
        kb=path.parent / Path(table["kb"]).expanduser() if "kb" in table else None,
        content=tuple(path.parent / Path(entry).expanduser() for entry in table.get("content", [])),
        server=table.get("server"),
        allow_origins=tuple(serving.get("allow_origins", ())),
        public=serving.get("public"),
        rate_per_minute=serving.get("rate_per_minute"),
        behind_proxy=serving.get("behind_proxy"),
        audit_log=path.parent / Path(audit_log).expanduser() if audit_log else None,
        audit_questions=serving.get("audit_questions"),
        retention_days=feedback.get("retention_days"),
        readings=tuple(_reading(path, entry) for entry in _listed(path, tables.get("read", []))),
    )


def _listed(path: Path, entries: Any) -> list[Any]:
    if not isinstance(entries, list):
        raise ConfigError(f"{path}: read is a table (got [read], expected [[read]]); write it with two brackets")
    return entries


def _reading(path: Path, entry: Any) -> tuple[str, str, int]:
    """Return what one [[read]] says."""
    kinds = {"files": str, "read": str, "level": int}
    known = isinstance(entry, dict) and set(entry) <= set(kinds) and {"files", "read"} <= set(entry)
    if not known or any(type(value) is not kinds[name] for name, value in entry.items()):
        wanted = 'files = "guide/*.md", read = "headings" and, if need be, level = 3'
        raise ConfigError(f"{path}: [[read]] is not understood (got {entry!r}, expected {wanted}); correct it")
    return entry["files"], entry["read"], entry.get("level", 0)


def _checked_table(path: Path, tables: dict[str, Any], section: str) -> dict[str, Any]:
    table, kinds = tables.get(section, {}), _FIELDS[section]
    correct = f"correct [{section}]"
    if not isinstance(table, dict) or not set(table) <= set(kinds):
        raise ConfigError(f"{path}: unknown settings (got {sorted(table)}, expected {sorted(kinds)}); {correct}")
    for name, value in table.items():
        is_list_of_other = isinstance(value, list) and not all(isinstance(entry, str) for entry in value)
        if type(value) is not kinds[name] or is_list_of_other:  # not isinstance: true is no number here
            expected = _KINDS[kinds[name]]
            raise ConfigError(f"{path}: {name} has the wrong type (got {value!r}, expected {expected}); {correct}")
    return table


def allowed_origins(options: tuple[str, ...]) -> tuple[str, ...]:
    """Return the origins that may use the server: those given, else FAQ_ALLOW_ORIGINS (blanks between), else faq.toml.

    Raises ConfigError.
    """
    return options or tuple(os.environ.get(ORIGINS_VARIABLE, "").split()) or read_config().allow_origins


def server_address(option: str | None, kb: Path | None) -> str | None:
    """Return the server to ask, None for the knowledge base on this machine: whichever is named nearest.

    The options come first, then FAQ_SERVER, FAQ_KB, and faq.toml, in which `server` comes before `kb`. Raises
    ConfigError.
    """
    if option or kb:
        return option
    if os.environ.get(SERVER_VARIABLE):
        return os.environ[SERVER_VARIABLE]
    return None if os.environ.get(KB_VARIABLE) else read_config().server


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
