"""`faq init`: a FAQ to start from."""

from __future__ import annotations

import os
import shlex
from pathlib import Path

import click

from faqkb.faq.checks.new import write_skeleton
from faqkb.faq.config import CONFIG_FILE
from faqkb.faq.console import say
from faqkb.faq.options import examples
from faqkb.kb.errors import ConfigError

_HERE = Path(__file__).parent
_CHECK = "disk-room"
_QUESTIONS = {"en": "I forgot my password", "zh": "密码忘了怎么办"}


@click.command("init", epilog=examples("faq init", "faq init my-faq --lang zh"))
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False), default=".", metavar="[FOLDER]")
@click.option("--lang", type=click.Choice(sorted(_QUESTIONS)), help="Language of the example; by default the system's.")
def command(folder: Path, lang: str | None) -> None:
    """Make a FAQ to start from: a Markdown file, a check, and faq.toml with every setting explained."""
    chosen = lang or _language_of_system()
    page, settings = folder / "content" / "faq.md", folder / CONFIG_FILE
    for path in (settings, page, folder / "content" / "checks" / f"{_CHECK}.py"):
        if path.exists():
            raise ConfigError(f"{path} is there already; name another folder: faq init FOLDER")
    page.parent.mkdir(parents=True, exist_ok=True)
    for source, path in ((f"faq.{chosen}.md", page), ("faq.toml", settings)):
        path.write_bytes((_HERE / source).read_bytes())
        say(f"wrote {path}")
    say(f"wrote {write_skeleton(_CHECK, page.parent)}")
    say("\nnext:")
    if folder.resolve() != Path.cwd():
        say(f"  cd {shlex.quote(str(folder))}")
    for line in ("faq ingest", f"faq ask {shlex.quote(_QUESTIONS[chosen])}", "faq serve"):
        say(f"  {line}")


def _language_of_system() -> str:
    """Return the language of messages that POSIX's variables ask for, Chinese or else English."""
    told = next((value for name in ("LC_ALL", "LC_MESSAGES", "LANG") if (value := os.environ.get(name))), "")
    return "zh" if told.casefold().startswith("zh") else "en"
