"""The languages of the pages: `translations/messages.pot` holds the English texts, each folder beside it a language.

The context of a message is the name of its text in `Wording`. What a catalogue lacks is shown in English, as gettext
does.
"""

from __future__ import annotations

import gettext
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields, replace
from pathlib import Path
from typing import Any, cast, get_type_hints

from babel import Locale
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po
from flask import current_app, request

from faqkb.kb.answers import Answer
from faqkb.kb.language.detection import detect_language
from faqkb.server.answering.leases import knowledge_holder
from faqkb.server.answering.per_snapshot import PerSnapshot
from faqkb.server.answering.topics import Listed, listed_of
from faqkb.server.answering.wording import (
    ChatWording,
    Counted,
    LiveWording,
    ReferenceWording,
    TechnicalWording,
    Wording,
)
from faqkb.server.branding import NO_BRANDING, Branding

EXTENSION = "faq-wordings"
_FOLDER = Path(__file__).parent / "translations"
_SOURCE = _FOLDER / "messages.pot"
_DEFAULT = "en"
LANGUAGE_PARAMETER = "lang"
"""Of an address: the reader's choice, which comes before what the browser says."""


class _Texts:
    """The texts of one language by their names; forms of a number are several."""

    def __init__(self, locale: Locale, source: Catalog, catalogue: Catalog | None = None) -> None:
        self.locale = locale
        self._forms = {str(message.context): _forms(message.id) for message in source if message.id}
        self._plural = gettext.c2py(source.plural_expr)
        translated = {str(message.context): _forms(message.string) for message in catalogue or () if message.id}
        # One rule for all numbers of a catalogue; the few texts it may lack take its first form.
        self._forms |= {name: forms for name, forms in translated.items() if name in self._forms and all(forms)}
        if catalogue is not None:
            self._plural = gettext.c2py(catalogue.plural_expr)

    def text(self, name: str) -> str:
        return self._forms[name][0]

    def counted(self, name: str) -> Counted:
        forms, plural = self._forms[name], self._plural
        return Counted(lambda count: forms[min(plural(count), len(forms) - 1)], self.locale)

    def group(self, name: str) -> dict[str, str]:
        """Return the texts `name.…` by what follows the dot, in the order of the source."""
        return {
            key.removeprefix(f"{name}."): forms[0] for key, forms in self._forms.items() if key.startswith(f"{name}.")
        }


def _forms(message: str | Sequence[str] | None) -> tuple[str, ...]:
    """Return the forms of a text; one unless a number stands in it, empty ones where nothing is translated yet."""
    return (message or "",) if message is None or isinstance(message, str) else tuple(message)


def read_wordings() -> dict[str, Wording]:
    """Return the texts of every language there is, by its code; English last, because it is for everybody else."""
    source = _read(_SOURCE, "en")
    found: dict[str, Wording] = {}
    for path in sorted(_FOLDER.glob("*/LC_MESSAGES/messages.po")):
        locale = Locale.parse(path.parents[1].name)
        found[locale.language] = _wording(_Texts(locale, source, _read(path, str(locale))))
    return found | {_DEFAULT: _wording(_Texts(Locale.parse(_DEFAULT), source))}


def _read(path: Path, locale: str) -> Catalog:
    with path.open("rb") as file:
        return read_po(file, locale=locale, abort_invalid=True)


def _wording(texts: _Texts) -> Wording:
    chat = ChatWording(**{field.name: texts.text(f"chat.{field.name}") for field in fields(ChatWording)})
    technical = TechnicalWording(
        **{field.name: texts.text(f"technical.{field.name}") for field in fields(TechnicalWording)}
    )
    live = LiveWording(**{field.name: texts.text(f"live.{field.name}") for field in fields(LiveWording)})
    reference = ReferenceWording(
        **{field.name: texts.text(f"reference.{field.name}") for field in fields(ReferenceWording)}
    )
    takes: dict[Any, Callable[[str], Any]] = {
        str: texts.text,
        Counted: texts.counted,
        Mapping[str, str]: texts.group,
        Locale: lambda _: texts.locale,
        TechnicalWording: lambda _: technical,
        LiveWording: lambda _: live,
        ChatWording: lambda _: chat,
        ReferenceWording: lambda _: reference,
    }
    return Wording(**{name: takes[kind](name) for name, kind in get_type_hints(Wording).items()})


WORDINGS = read_wordings()
"""As they are written, by the code of the language, e.g. `zh`; what is shown comes from `wording`."""


class Wordings(PerSnapshot[Mapping[str, Wording]]):
    """The texts of one application: under the operator's name, and fit for what its snapshot is about."""

    def __init__(self, branding: Branding = NO_BRANDING) -> None:
        """Take what the operator says. Raises ConfigError for a language that the pages do not speak."""
        branding.check_languages(WORDINGS)
        super().__init__(
            lambda knowledge: {code: _spoken(words, branding, listed_of(knowledge)) for code, words in WORDINGS.items()}
        )


def _spoken(words: Wording, branding: Branding, listed: Listed) -> Wording:
    """Return the texts of a language as a site says them."""
    language = words.language_code
    example, contact = listed.example(language), branding.said("contact", language)
    fitting = words.technical if listed.is_technical else words
    hint = fitting.no_answer_hint
    return replace(
        _speaking(words, branding),
        site=branding.said("title", language) or words.site,
        tagline=branding.said("tagline", language) or fitting.tagline,
        placeholder=words.example.format(question=example) if example else words.placeholder,
        no_answer_hint=f"{hint} {words.ask_person.format(contact=contact)}" if contact else hint,
    )


def spoken_by(branding: Branding, language: str) -> Wording:
    """Return the texts of a language, English where there is none of it, with what the operator says to small talk."""
    return _speaking(WORDINGS.get(language, WORDINGS[_DEFAULT]), branding)


def _speaking(words: Wording, branding: Branding) -> Wording:
    language = words.language_code
    contact = branding.said("contact", language)
    return replace(
        words,
        talk={kind: branding.said_to(kind, language) or text for kind, text in words.talk.items()},
        handover=branding.handover_in(language) or (words.handover.format(contact=contact) if contact else ""),
    )


def _wordings() -> Mapping[str, Wording]:
    """Return the texts of the current application by language, for its live snapshot."""
    with knowledge_holder().lease() as knowledge:
        return cast(Wordings, current_app.extensions[EXTENSION]).of(knowledge)


def chosen_language() -> str | None:
    """Return the language that the address of the current request asks for; None where it asks for none we have."""
    asked = request.args.get(LANGUAGE_PARAMETER, "")
    return asked if asked in WORDINGS else None


def wording_for(text: str) -> Wording:
    """Return the texts in the language of a question; where it has none of ours, in that of the request."""
    return _wordings().get(detect_language(text)) or wording()


def words_of(answer: Answer) -> Wording:
    """Return the texts in the language of an answer's conversation; where it has none of ours, as `wording_for`."""
    return _wordings().get(answer.language) or wording_for(answer.question)


def wording() -> Wording:
    """Return the texts in the language of the address, else of Accept-Language; English where we have none of them."""
    return _wordings()[chosen_language() or _accepted_language()]


def _accepted_language() -> str:
    languages = (tag.partition("-")[0].lower() for tag, _ in request.accept_languages)  # best first
    return next((language for language in languages if language in WORDINGS), _DEFAULT)
