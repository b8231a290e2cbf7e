"""The languages there are: `translations/messages.pot` holds the English texts, each folder beside it a language.

The context of a message is the name of its text in `Wording`. What a catalogue lacks is shown in English, as gettext
does.
"""

from __future__ import annotations

import gettext
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields, replace
from pathlib import Path
from typing import Any, get_type_hints

from babel import Locale
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po

from faqkb.server.branding import Branding
from faqkb.server.wording.maintaining import AdminWording
from faqkb.server.wording.texts import (
    ChatWording,
    Counted,
    LiveWording,
    ReferenceWording,
    TechnicalWording,
    Wording,
)

_FOLDER = Path(__file__).parent / "translations"
_SOURCE = _FOLDER / "messages.pot"
DEFAULT_LANGUAGE = "en"
"""Of whoever speaks none of ours."""


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
    return found | {DEFAULT_LANGUAGE: _wording(_Texts(Locale.parse(DEFAULT_LANGUAGE), source))}


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
    admin = AdminWording(**{field.name: texts.text(f"admin.{field.name}") for field in fields(AdminWording)})
    takes: dict[Any, Callable[[str], Any]] = {
        str: texts.text,
        Counted: texts.counted,
        Mapping[str, str]: texts.group,
        Locale: lambda _: texts.locale,
        TechnicalWording: lambda _: technical,
        LiveWording: lambda _: live,
        ChatWording: lambda _: chat,
        ReferenceWording: lambda _: reference,
        AdminWording: lambda _: admin,
    }
    return Wording(**{name: takes[kind](name) for name, kind in get_type_hints(Wording).items()})


WORDINGS = read_wordings()
"""As they are written, by the code of the language, e.g. `zh`; what is shown comes from `wording`."""


def spoken_by(branding: Branding, language: str) -> Wording:
    """Return the texts of a language, English where there is none of it, with what the operator says to small talk."""
    return speaking(WORDINGS.get(language, WORDINGS[DEFAULT_LANGUAGE]), branding)


def speaking(words: Wording, branding: Branding) -> Wording:
    """Return the texts of a language with what the operator says to small talk, and to whoever asks for a person."""
    language = words.language_code
    contact = branding.said("contact", language)
    return replace(
        words,
        talk={kind: branding.said_to(kind, language) or text for kind, text in words.talk.items()},
        handover=branding.handover_in(language) or (words.handover.format(contact=contact) if contact else ""),
    )
