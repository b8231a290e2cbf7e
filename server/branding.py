"""Under whose name a FAQ is served: its texts, pictures and colours, as faq.toml says under [site]."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, cast
from urllib.parse import quote

from faqkb.kb.answers import Talk
from faqkb.kb.errors import ConfigError
from faqkb.server.colours import Palette

if TYPE_CHECKING:
    from flask import Flask

Words = str | Mapping[str, str]
"""One text for every language, or one for each by its code, e.g. `zh`."""
EXTENSION = "faq-branding"
_NAME = "FAQ"
_MAIL = re.compile(r"[^\s@]+@[^\s@]+\.[^\s@]+")


@dataclass(frozen=True, slots=True)
class Branding:
    """What the operator says of the site; None is what is built in."""

    title: Words | None = None
    tagline: Words | None = None
    welcome: Words | None = None
    footer: Words | None = None
    contact: Words | None = None
    """Whom to ask where there is no answer: an e-mail address, a web address or a few words."""
    report: str | None = None
    """Where a problem is reported: an e-mail address or a web address."""
    logo: Path | None = None
    icon: Path | None = None
    palette: Palette | None = None
    talk: Mapping[str, Words] = field(default_factory=dict)
    """What is said to small talk, by its kind (`kb.answers.Talk`); `welcome` is what is said to a greeting."""
    handover: Words | None = None
    """What is said to somebody who asks for a person."""
    handover_link: str | None = None
    """Where a person is found: an e-mail address or a web address."""

    @property
    def name(self) -> str:
        """The title where one has to do for every language: the English one, else the first."""
        title = self.title or _NAME
        return title if isinstance(title, str) else title.get("en", next(iter(title.values())))

    def said(self, field: str, language: str) -> str | None:
        """Return a text in a language, e.g. `zh`; None where there is none for it."""
        words: Words | None = getattr(self, field)
        return words if words is None or isinstance(words, str) else words.get(language)

    def said_to(self, kind: str, language: str) -> str | None:
        """Return what is said to small talk of a kind, with its braces as plain signs; None where nothing is chosen."""
        words = self.talk.get(kind) or (self.welcome if kind == Talk.GREETING else None)
        text = words if words is None or isinstance(words, str) else words.get(language)
        return text and text.replace("{", "{{").replace("}", "}}")

    def handover_in(self, language: str) -> str:
        """Return the way to a person: words, link, or both; empty where none is named."""
        return " ".join(filter(None, (self.said("handover", language), self.handover_link)))

    def check_languages(self, known: Mapping[str, object]) -> None:
        """Refuse a text in a language that the pages do not speak. Raises ConfigError."""
        of_site = {name: getattr(self, name) for name in ("title", "tagline", "welcome", "footer", "contact")}
        of_talk = {**self.talk, "handover": self.handover}
        for table, name, words in (
            *(("site", *each) for each in of_site.items()),
            *(("talk", *each) for each in of_talk.items()),
        ):
            unknown = [] if words is None or isinstance(words, str) else sorted(set(words) - set(known))
            if unknown:
                raise ConfigError(
                    f"faq.toml: {name} of [{table}] is in a language that the pages do not speak (got {unknown},"
                    f" expected some of {sorted(known)}); leave it out, or add a catalogue (docs/translating.md)"
                )

    def report_of(self, subject: str, page: str) -> str | None:
        """Return where a problem with a page is reported: a mail says which page, a web address where it asks for it.

        `subject` is what is asked on the page. `{question}` and `{page}` in a web address are filled in.
        """
        if self.report is None:
            return None
        if _MAIL.fullmatch(self.report):
            fields = {"subject": subject, "body": page}
            told = "&".join(f"{name}={quote(value, safe='')}" for name, value in fields.items() if value)
            return f"mailto:{self.report}" + (f"?{told}" if told else "")
        filled = self.report.replace("{question}", quote(subject, safe=""))
        return filled.replace("{page}", quote(page, safe=""))


def address_of(text: str) -> str | None:
    """Return where a text leads that is an address as a whole."""
    if _MAIL.fullmatch(text):
        return f"mailto:{text}"
    return text if re.fullmatch(r"https?://\S+", text) else None


def branding_of(app: Flask) -> Branding:
    """Return what the operator says of an application."""
    return cast(Branding, app.extensions[EXTENSION])


NO_BRANDING = Branding()
"""Everything as it is built in."""
