"""Settings: an option > its environment variable > `faq.toml` found upward > what is built in."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from faqkb.faq.console import say_note
from faqkb.faq.kinds import Kind
from faqkb.faq.trust.owned import refusal
from faqkb.faq.trust.servers import ChosenServer
from faqkb.kb.answers import Talk
from faqkb.kb.errors import ConfigError
from faqkb.kb.foreign.paths import expanded

if TYPE_CHECKING:
    from faqkb.kb.milvus.address import MilvusAddress

KB_VARIABLE = "FAQ_KB"
SERVER_VARIABLE = "FAQ_SERVER"
ORIGINS_VARIABLE = "FAQ_ALLOW_ORIGINS"
HOSTS_VARIABLE = "FAQ_ALLOW_HOSTS"
CONFIG_FILE = "faq.toml"
_IN_FILES, _IN_MILVUS = "files", "milvus"
_LOCAL_MILVUS = "http://127.0.0.1:19530"
STORE_SETTINGS = ("store", "milvus_address", "milvus_token", "milvus_base")
# Beside the packages, both in a checkout and in an installed wheel.
BUNDLED_CONTENT = Path(__file__).resolve().parent.parent / "content"


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting of faq.toml: what is read, checked and documented of it."""

    table: str
    """The table it stands in, e.g. `serve` for `[serve]`; of `read` there may be several: `[[read]]`."""
    name: str
    kind: Kind
    default: str
    """What holds where it is not set: a value as TOML writes it, or words."""
    says: str
    """One sentence for the reference of the settings."""
    variable: str = ""
    """The environment variable that comes before it, if there is one."""


TALK = {
    Talk.GREETING: "a greeting; comes before `welcome`",
    Talk.THANKS: "thanks and praise",
    Talk.GOODBYE: "a goodbye",
    Talk.SOLVED: "somebody whose problem is solved",
    Talk.QUESTION: "somebody who announces a question",
    Talk.IDENTITY: "somebody who asks who answers here",
    Talk.PERSON: "somebody who asks for a person",
    Talk.DISTRESS: "somebody in distress",
    Talk.INSULT: "an insult",
    Talk.TEST: "a test",
    Talk.CHAT: "small talk about nothing",
    Talk.ACKNOWLEDGED: "`ok` and the like",
    Talk.NOT_HELPED: "somebody whom the answer did not help",
    Talk.DECLINED: "somebody who means none of the choices",
}
# Every setting there is. faq.toml is read by this table, and the reference of the settings is made of it.
SETTINGS = (
    Setting("faq", "kb", Kind.PATH, "a folder of the user's data", "Folder of the knowledge base.", KB_VARIABLE),
    Setting("faq", "content", Kind.PATHS, "the sample", "Markdown files and folders that `faq ingest` reads."),
    Setting("faq", "server", Kind.TEXT, "none", "Server that `faq ask` asks instead, https://host.", SERVER_VARIABLE),
    Setting("faq", "store", Kind.TEXT, '"files"', 'Where questions find records: "files" or "milvus".', "FAQ_STORE"),
    Setting(
        "faq",
        "milvus_address",
        Kind.TEXT,
        '"http://127.0.0.1:19530"',
        "Address of the Milvus server.",
        "FAQ_MILVUS_ADDRESS",
    ),
    Setting(
        "faq", "milvus_token", Kind.TEXT, "none", "Its key, or user:password; better a variable.", "FAQ_MILVUS_TOKEN"
    ),
    Setting("faq", "milvus_base", Kind.TEXT, '"faq"', "Name of the knowledge base there.", "FAQ_MILVUS_BASE"),
    Setting("serve", "allow_origins", Kind.TEXTS, "[]", "Sites whose pages may use widget and API.", ORIGINS_VARIABLE),
    Setting("serve", "allow_hosts", Kind.TEXTS, "[]", "Names to be asked by, beside localhost.", HOSTS_VARIABLE),
    Setting("serve", "public", Kind.SWITCH, "false", "Whether other machines may ask without a key.", "FAQ_PUBLIC"),
    Setting(
        "serve",
        "rate_per_minute",
        Kind.NUMBER,
        "300 where public, else 0",
        "Questions a minute from one address; 0 is any number.",
        "FAQ_RATE_PER_MINUTE",
    ),
    Setting(
        "serve", "behind_proxy", Kind.NUMBER, "0", "Proxies in front that tell who asks, if any.", "FAQ_BEHIND_PROXY"
    ),
    Setting("serve", "audit_log", Kind.PATH, "none", "File that gets a line for each request.", "FAQ_AUDIT_LOG"),
    Setting(
        "serve", "audit_questions", Kind.SWITCH, "false", "Whether the questions stand in it.", "FAQ_AUDIT_QUESTIONS"
    ),
    Setting(
        "serve",
        "workers",
        Kind.NUMBER,
        "one a core from 4 cores on, at most 8",
        "Processes that find answers beside the server.",
        "FAQ_WORKERS",
    ),
    Setting(
        "feedback",
        "retention_days",
        Kind.NUMBER,
        "365",
        "Days that feedback is kept; 0 is for ever.",
        "FAQ_RETENTION_DAYS",
    ),
    Setting("lint", "off", Kind.TEXTS, "[]", "Rules that `faq lint` leaves out, such as two-spellings."),
    Setting(
        "feedback",
        "record_questions",
        Kind.SWITCH,
        "true",
        "Whether a server counts what it is asked, and keeps the questions without an answer.",
        "FAQ_RECORD_QUESTIONS",
    ),
    Setting("site", "title", Kind.WORDS, '{en = "FAQ", zh = "常见问题"}', "Name of your FAQ, wherever one is shown."),
    Setting("site", "tagline", Kind.WORDS, "made for the content", "The line below the name, on the start page."),
    Setting("site", "welcome", Kind.WORDS, "a greeting", "What is said to somebody who says hello."),
    Setting("site", "footer", Kind.WORDS, "none", "Text at the foot of every page: owner, place, rights."),
    Setting("site", "contact", Kind.WORDS, "none", "Whom to ask where there is no answer: an address or a few words."),
    Setting("site", "report", Kind.ADDRESS, "none", "Where a reader reports a problem."),
    Setting("site", "logo", Kind.PATH, "none", "Picture beside the name: svg, png, jpg, gif or webp."),
    Setting("site", "icon", Kind.PATH, "the logo", "Picture in the browser's tab, better square."),
    Setting("site", "accent", Kind.COLOUR, '"#17605b"', "Colour of links and buttons on a light ground."),
    Setting("site", "accent_dark", Kind.COLOUR, "a lighter accent", "The same on a dark ground."),
    Setting("talk", "handover", Kind.WORDS, "the contact of [site]", "Said to whoever asks for a person."),
    Setting("talk", "handover_link", Kind.ADDRESS, "none", "Where a person is found; said after it."),
    *(Setting("talk", kind.value, Kind.WORDS, "made for it", f"Said to {words}.") for kind, words in TALK.items()),
    Setting("base", "name", Kind.TEXT, "required", "What stands in its addresses: `docs` is served below `/kb/docs`."),
    Setting("base", "kb", Kind.PATH, "required", "Its folder."),
    Setting("base", "title", Kind.WORDS, "the name", "What its pages are called."),
    Setting("read", "files", Kind.TEXT, "required", "Pattern of the files' paths, such as guide/*.md."),
    Setting("read", "read", Kind.TEXT, "required", "How they are read, such as headings."),
    Setting("read", "level", Kind.NUMBER, "0", "Level of the headings that are questions; 0 is any."),
)
LISTED = frozenset({"read", "base"})
"""The tables of which there may be several: `[[read]]`."""


@dataclass(frozen=True, slots=True)
class ConfiguredBase:
    """One [[base]]: a knowledge base that `faq serve` serves beside others."""

    name: str
    kb: Path
    title: str | Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Config:
    """What faq.toml says; its paths are relative to the folder it lies in."""

    path: Path | None = None
    """The file itself; None where there is none."""
    kb: Path | None = None
    content: tuple[Path, ...] = ()
    server: str | None = None
    """Address of the server to ask instead of a knowledge base on this machine."""
    store: Mapping[str, str] = field(default_factory=dict)
    """Of [faq]: `store`, and what begins with `milvus_`, by the names of the settings."""
    allow_origins: tuple[str, ...] = ()
    """Of [serve]: the sites whose pages may use the API and the widget."""
    allow_hosts: tuple[str, ...] = ()
    public: bool | None = None
    """Of [serve], as all to the end but the last: see `faq serve --help`."""
    rate_per_minute: int | None = None
    behind_proxy: int | None = None
    audit_log: Path | None = None
    audit_questions: bool | None = None
    workers: int | None = None
    retention_days: int | None = None
    """Of [feedback]: how long events are kept, 0 for ever."""
    lint_off: tuple[str, ...] = ()
    """Of [lint]: ids of the rules that are left out."""
    record_questions: bool | None = None
    site: Mapping[str, Any] = field(default_factory=dict)
    """What [site] says, each value of the kind of its setting."""
    talk: Mapping[str, Any] = field(default_factory=dict)
    """The same of [talk]."""
    readings: tuple[tuple[str, str, int], ...] = ()
    """Of [[read]]: which files (`guide/*.md`), how they are read, the level of their questions or 0."""
    bases: tuple[ConfiguredBase, ...] = ()


def read_config(start: Path | None = None) -> Config:
    """Return the nearest faq.toml at or above a folder (the current one), or an empty Config. Raises ConfigError.

    A file that another user wrote, or may write, is passed over, and that is said.
    """
    start = start or Path.cwd()
    for folder in (start, *start.parents):
        path = folder / CONFIG_FILE
        if path.is_file():
            why = refusal(path)
            if why is None:
                return _parse(path)
            _pass_over(path, why)
    return Config()


@cache
def _pass_over(path: Path, why: str) -> None:
    say_note(f"{path} is not used: {why}; copy it into a folder of your own, or say what you want by options")


def settings_of(table: str) -> Mapping[str, Setting]:
    """Return the settings of one table by their names, in the order of the reference."""
    return {setting.name: setting for setting in SETTINGS if setting.table == table}


def _parse(path: Path) -> Config:
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:  # TOMLDecodeError, a number of 5,000 digits, a list within lists
        raise ConfigError(f"{path}: not TOML ({error}); correct it") from error
    names = dict.fromkeys(setting.table for setting in SETTINGS)
    if not set(tables) <= set(names):
        raise ConfigError(f"{path}: unknown tables (got {sorted(tables)}, expected {sorted(names)}); correct them")
    table, serving, feedback, lint, site, talk = (
        _checked_table(path, tables, name) for name in ("faq", "serve", "feedback", "lint", "site", "talk")
    )
    return Config(
        path=path,
        kb=table.get("kb"),
        content=tuple(table.get("content", ())),
        server=table.get("server"),
        store={name: table[name] for name in STORE_SETTINGS if name in table},
        allow_origins=tuple(serving.get("allow_origins", ())),
        allow_hosts=tuple(serving.get("allow_hosts", ())),
        public=serving.get("public"),
        rate_per_minute=serving.get("rate_per_minute"),
        behind_proxy=serving.get("behind_proxy"),
        audit_log=_within(path, serving.get("audit_log")),
        audit_questions=serving.get("audit_questions"),
        workers=serving.get("workers"),
        retention_days=feedback.get("retention_days"),
        lint_off=tuple(lint.get("off", ())),
        record_questions=feedback.get("record_questions"),
        site=site,
        talk=talk,
        readings=tuple(_reading(path, entry) for entry in _listed(path, tables, "read")),
        bases=tuple(_base(path, entry) for entry in _listed(path, tables, "base")),
    )


def _listed(path: Path, tables: dict[str, Any], name: str) -> list[Any]:
    entries = tables.get(name, [])
    if not isinstance(entries, list):
        raise ConfigError(f"{path}: {name} is a table (got [{name}], expected [[{name}]]); write it with two brackets")
    return entries


def _base(path: Path, entry: Any) -> ConfiguredBase:
    """Return what one [[base]] says."""
    settings = settings_of("base")
    known = isinstance(entry, dict) and set(entry) <= set(settings) and {"name", "kb"} <= set(entry)
    if not known or not all(settings[name].kind.fits(value) for name, value in entry.items()):
        wanted = 'name = "docs", kb = "kb-docs" and, if need be, title = "Handbook"'
        raise ConfigError(f"{path}: [[base]] is not understood (got {entry!r:.200}, expected {wanted}); correct it")
    return ConfiguredBase(entry["name"], path.parent / expanded(entry["kb"]), entry.get("title"))


def _reading(path: Path, entry: Any) -> tuple[str, str, int]:
    """Return what one [[read]] says."""
    settings = settings_of("read")
    known = isinstance(entry, dict) and set(entry) <= set(settings) and {"files", "read"} <= set(entry)
    if not known or not all(settings[name].kind.fits(value) for name, value in entry.items()):
        wanted = 'files = "guide/*.md", read = "headings" and, if need be, level = 3'
        raise ConfigError(f"{path}: [[read]] is not understood (got {entry!r}, expected {wanted}); correct it")
    return entry["files"], entry["read"], entry.get("level", 0)


def _checked_table(path: Path, tables: dict[str, Any], name: str) -> dict[str, Any]:
    """Return the values of a table, each of the kind it should be; a path is seen from the folder of faq.toml."""
    table, settings = tables.get(name, {}), settings_of(name)
    correct = f"correct [{name}]"
    if not isinstance(table, dict):
        raise ConfigError(
            f"{path}: {name} is no table (got {table!r}, expected [{name}] and settings below it); {correct}"
        )
    if not set(table) <= set(settings):
        raise ConfigError(f"{path}: unknown settings (got {sorted(table)}, expected {sorted(settings)}); {correct}")
    for key, value in table.items():
        kind = settings[key].kind
        if not kind.fits(value):
            raise ConfigError(f"{path}: {key} is not understood (got {value!r}, expected {kind.value}); {correct}")
    try:
        return {key: _from_folder(path.parent, settings[key].kind, value) for key, value in table.items()}
    except ConfigError as error:
        raise ConfigError(f"{path}: {error}") from error


def _within(path: Path, log: Path | None) -> Path | None:
    """Return the log that a found file names, which lies in its own folder: it is written to. Raises ConfigError."""
    if log is not None and not Path(os.path.realpath(log)).is_relative_to(os.path.realpath(path.parent)):
        raise ConfigError(
            f"{path}: audit_log leads out of its folder (got {log}, expected a file below {path.parent}); name it by"
            " --audit-log or FAQ_AUDIT_LOG"
        )
    return log


def _from_folder(folder: Path, kind: Kind, value: Any) -> Any:
    if kind is Kind.PATH:
        return folder / expanded(value)
    if kind is Kind.PATHS:
        return [folder / expanded(entry) for entry in value]
    return value


def allowed_origins(options: tuple[str, ...]) -> tuple[str, ...]:
    """Return the origins that may use the server: those given, else FAQ_ALLOW_ORIGINS (blanks between), else faq.toml.

    Raises ConfigError.
    """
    return options or tuple(os.environ.get(ORIGINS_VARIABLE, "").split()) or read_config().allow_origins


def chosen_server(option: str | None, kb: Path | None) -> ChosenServer | None:
    """Return the server to ask, None for the knowledge base on this machine: whichever is named nearest.

    The options come first, then FAQ_SERVER, FAQ_KB, and faq.toml, in which `server` comes before `kb`; which file
    chose it is said. Raises ConfigError.
    """
    if kb and not option:
        return None
    named = option or os.environ.get(SERVER_VARIABLE)
    if named:
        return ChosenServer(named)
    found = Config() if os.environ.get(KB_VARIABLE) else read_config()
    if not found.server:
        return None
    say_note(f"asking {found.server}, as {found.path} says")
    return ChosenServer(found.server, found.path)


def found_base(kb: Path | None) -> Path | None:
    """Return the settings file that chose the knowledge base, None where the user or nobody did. Raises ConfigError."""
    if kb or os.environ.get(KB_VARIABLE):
        return None
    found = read_config()
    return found.path if found.kb or found.content else None


def kb_folder(option: Path | None) -> Path:
    """Return the folder of the knowledge base to use. Raises ConfigError."""
    if option:
        return option.absolute()
    if os.environ.get(KB_VARIABLE):
        return expanded(os.environ[KB_VARIABLE]).absolute()
    configured = read_config().kb
    if configured:
        return configured.absolute()
    from platformdirs import user_data_path  # noqa: PLC0415 - only where nothing is configured

    return user_data_path("faqkb") / "kb"


def is_in_milvus() -> bool:
    """Say whether questions find their records in Milvus. Raises ConfigError."""
    store = _told_of_store("store") or _IN_FILES
    if store not in {_IN_FILES, _IN_MILVUS}:
        raise ConfigError(f"store is not known (got {store[:60]!r}, expected files or milvus); correct it")
    return store == _IN_MILVUS


def milvus_address() -> MilvusAddress | None:
    """Return where the knowledge base lies in Milvus, None where it lies in files. Raises ConfigError.

    That a file chose Milvus is said.
    """
    if not is_in_milvus():
        return None
    from faqkb.kb.milvus.address import MilvusAddress  # noqa: PLC0415 - not where the records lie in files

    address = MilvusAddress(
        _told_of_store("milvus_address") or _LOCAL_MILVUS,
        _told_of_store("milvus_token"),
        _told_of_store("milvus_base") or "faq",
    )
    if read_config().store.get("milvus_address") and not os.environ.get("FAQ_MILVUS_ADDRESS"):
        _check_found_address(address)
    if not os.environ.get("FAQ_STORE"):
        say_note(f"records: {address}, as {read_config().path} says")
    return address


def _check_found_address(address: MilvusAddress) -> None:
    """Make sure that an address which a file names, perhaps one that came with a folder, gets no more than it may.

    Raises ConfigError.
    """
    found = read_config().path
    if os.environ.get("FAQ_MILVUS_TOKEN"):
        raise ConfigError(
            f"the token in FAQ_MILVUS_TOKEN is not sent to {address.uri}: {found} chose that server, not you; to send"
            f" it, set FAQ_MILVUS_ADDRESS={address.uri}"
        )
    if address.is_file:
        raise ConfigError(
            f"{found}: milvus_address is a file (got {address.uri[:80]!r}, expected http://host:19530); a file is"
            " named by FAQ_MILVUS_ADDRESS alone"
        )


def _told_of_store(name: str) -> str:
    """Return one of the settings of the store: of its variable, else of faq.toml, else empty."""
    return os.environ.get(settings_of("faq")[name].variable) or read_config().store.get(name, "")


def content_paths() -> tuple[Path, ...]:
    """Return the configured content, else the content that comes with the package. Raises ConfigError."""
    return read_config().content or (BUNDLED_CONTENT,)
