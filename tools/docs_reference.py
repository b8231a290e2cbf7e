"""Write the references of commands and settings into docs/, in each language; `--check` only says which differ.

They are made of what the program itself reads: the commands of click and the table `SETTINGS` of faq/config.py. The
place in a page is between `<!-- commands -->` (or `settings`) and `<!-- end -->`; what stands around it is written by
hand. Chinese texts are in tools/docs_reference.zh.po; one that is missing there is left in English and named.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import click
from babel.messages.pofile import read_po

from faqkb.faq.config import LISTED, SETTINGS, Setting
from faqkb.faq.main import cli

ROOT = Path(__file__).resolve().parents[1]
_CATALOGUE = Path(__file__).with_name("docs_reference.zh.po")
_METAVARS = {"INTEGER": "N", "INTEGER RANGE": "N", "DIRECTORY": "DIR", "FLOAT": "P"}


@dataclass(frozen=True, slots=True)
class Texts:
    """What the reference says, in one language."""

    translations: dict[str, str]
    """By the English text; empty for English."""
    missing: set[str] = field(default_factory=set)
    """English texts that had no translation."""

    def __call__(self, text: str) -> str:
        """Return a text in this language."""
        if self.translations and text and text not in self.translations:
            self.missing.add(text)
        return self.translations.get(text, text)


def commands(texts: Texts) -> Iterator[str]:
    """Yield the lines of the reference of all commands."""
    for path, command, context in _walk(cli, click.Context(cli, info_name="faq"), "faq"):
        if command is cli:
            continue
        usage = (
            " ".join([path, *command.collect_usage_pieces(context)]).replace("[OPTIONS] ", "").replace(" [OPTIONS]", "")
        )
        yield from (f"## {path}", "", "```", usage, "```", "")
        for paragraph in _paragraphs(f"{command.help or ''}\n\n{command.epilog or ''}"):
            yield from _paragraph(paragraph, texts)
        options = [each for each in command.params if isinstance(each, click.Option) and not each.hidden]
        if options:
            yield from _table((texts("option"), ""), [_option_row(each, context, texts) for each in options])


def settings(texts: Texts) -> Iterator[str]:
    """Yield the lines of the reference of all settings."""
    for table in dict.fromkeys(setting.table for setting in SETTINGS):
        yield from (f"### `{f'[[{table}]]' if table in LISTED else f'[{table}]'}`", "")
        rows = [_setting_row(setting, texts) for setting in SETTINGS if setting.table == table]
        yield from _table(tuple(map(texts, ("setting", "says", "is", "unless set", "variable"))), rows)


def _walk(
    command: click.Command, context: click.Context, path: str
) -> Iterator[tuple[str, click.Command, click.Context]]:
    yield path, command, context
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            below = command.get_command(context, name)
            if below is not None and not below.hidden:
                yield from _walk(below, click.Context(below, info_name=name, parent=context), f"{path} {name}")


def _paragraphs(text: str) -> list[str]:
    return [paragraph.strip() for paragraph in re.split(r"\n\s*\n", text.replace("\b", "")) if paragraph.strip()]


def _paragraph(text: str, texts: Texts) -> Iterator[str]:
    """Yield a paragraph of a help text; examples become a block of code."""
    examples = re.match(r"Examples?:\s*(.*)", text, re.DOTALL)
    if examples:
        lines = [line.strip() for line in examples[1].splitlines()]
        yield from (texts("Example:"), "", "```", *lines, "```", "")
    else:
        yield from (texts(" ".join(text.split())), "")


def _option_row(option: click.Option, context: click.Context, texts: Texts) -> tuple[str, str]:
    names = ", ".join(f"`{name}`" for name in (*option.opts, *option.secondary_opts))
    # With a metavar the help names them itself: as a metavar they are too long for a terminal.
    choices = option.type.choices if isinstance(option.type, click.Choice) and not option.metavar else ()
    metavar = "" if option.is_flag or option.count else option.metavar or ("" if choices else _metavar(option, context))
    told = [texts(re.sub(r"\s+", " ", option.help or "").strip())]
    if choices:
        told.append(texts("One of: {}.").format(", ".join(f"`{choice}`" for choice in choices)))
    extra = option.get_help_extra(context)
    if "default" in extra:
        told.append(texts("Default: {}.").format(f"`{extra['default']}`"))
    if "required" in extra:
        told.append(texts("Required."))
    return f"{names} {metavar}".strip(), " ".join(filter(None, told))


def _metavar(option: click.Option, context: click.Context) -> str:
    metavar = option.make_metavar(context)
    return _METAVARS.get(metavar, metavar)


def _setting_row(setting: Setting, texts: Texts) -> tuple[str, ...]:
    default = setting.default
    is_value = default.isdigit() or default in {"true", "false"} or default[0] in '"[{'
    return (
        f"`{setting.name}`",
        texts(setting.says),
        re.sub(r"({.*})", r"`\1`", texts(setting.kind.value)),
        f"`{default}`" if is_value else texts(default),
        f"`{setting.variable}`" if setting.variable else "",
    )


def _table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> Iterator[str]:
    for row in (head, ("---",) * len(head), *rows):
        yield f"| {' | '.join(row)} |"
    yield ""


_REGIONS: dict[str, Callable[[Texts], Iterator[str]]] = {"commands": commands, "settings": settings}
_PAGES = {"commands": "commands.md", "settings": "configuration.md"}


def pages() -> Iterator[tuple[Path, str, Texts]]:
    """Yield each page with the text that it should have, and the texts that it was made of."""
    for folder, texts in ((ROOT / "docs", Texts({})), (ROOT / "docs" / "zh", Texts(_chinese()))):
        for name, write in _REGIONS.items():
            path = folder / _PAGES[name]
            lines = "\n".join(write(texts)).rstrip()
            region = re.compile(rf"(<!-- {name} -->\n).*?(<!-- end -->)", re.DOTALL)
            text, count = region.subn(
                lambda m, lines=lines: f"{m[1]}\n{lines}\n\n{m[2]}", path.read_text(encoding="utf-8")
            )
            if count != 1:
                raise SystemExit(f"{path}: no place for the reference (expected <!-- {name} --> and <!-- end -->)")
            yield path, text, texts


def _chinese() -> dict[str, str]:
    with _CATALOGUE.open("rb") as file:
        return {str(message.id): str(message.string) for message in read_po(file) if message.id and message.string}


def main() -> int:
    """Write the pages, or with `--check` only compare; exit code 1 when one differs or a translation is missing."""
    only_compare = "--check" in sys.argv[1:]
    differing, missing = [], set()
    for path, text, texts in pages():
        missing |= texts.missing
        if path.read_text(encoding="utf-8") != text:
            differing.append(path.relative_to(ROOT).as_posix())
            if not only_compare:
                path.write_text(text, encoding="utf-8")
    for name in differing:
        print(f"{name} differs; run `python tools/docs_reference.py`" if only_compare else f"wrote {name}")
    for text in sorted(missing):
        print(f"not in {_CATALOGUE.name}: {text}")
    return 1 if missing or (differing and only_compare) else 0


if __name__ == "__main__":
    raise SystemExit(main())
