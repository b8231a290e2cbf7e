"""The texts of one application: under the operator's name, fit for its snapshot, in the language of a request."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import cast

from flask import current_app, request

from faqkb.kb.answers import Answer
from faqkb.kb.language.detection import detect_language
from faqkb.server.answering.leases import knowledge_holder
from faqkb.server.answering.per_snapshot import PerSnapshot
from faqkb.server.answering.topics import NOTHING_LISTED, Listed, listed_of
from faqkb.server.branding import NO_BRANDING, Branding
from faqkb.server.wording.spoken import DEFAULT_LANGUAGE, WORDINGS, speaking
from faqkb.server.wording.texts import Wording

EXTENSION = "faq-wordings"
LANGUAGE_PARAMETER = "lang"
"""Of an address: the reader's choice, which comes before what the browser says."""


class Wordings(PerSnapshot[Mapping[str, Wording]]):
    """The texts of one application: under the operator's name, and fit for what its snapshot is about."""

    def __init__(self, branding: Branding = NO_BRANDING) -> None:
        """Take what the operator says. Raises ConfigError for a language that the pages do not speak."""
        branding.check_languages(WORDINGS)
        super().__init__(
            lambda knowledge: {code: _spoken(words, branding, listed_of(knowledge)) for code, words in WORDINGS.items()}
        )

    def now(self) -> Mapping[str, Wording]:
        """Return the texts by language, for the live snapshot."""
        with knowledge_holder().lease() as knowledge:
            return self.of(knowledge)


class WordingsOfMany:
    """The texts of an application that stands for several knowledge bases: fit for none of them in particular."""

    def __init__(self, branding: Branding) -> None:
        """Take what the operator says. Raises ConfigError for a language that the pages do not speak."""
        branding.check_languages(WORDINGS)
        self._texts = {code: _spoken(words, branding, NOTHING_LISTED) for code, words in WORDINGS.items()}

    def now(self) -> Mapping[str, Wording]:
        """Return the texts by language."""
        return self._texts


def _spoken(words: Wording, branding: Branding, listed: Listed) -> Wording:
    """Return the texts of a language as a site says them."""
    language = words.language_code
    example, contact = listed.example(language), branding.said("contact", language)
    fitting = words.technical if listed.is_technical else words
    hint = fitting.no_answer_hint
    return replace(
        speaking(words, branding),
        site=branding.said("title", language) or words.site,
        tagline=branding.said("tagline", language) or fitting.tagline,
        placeholder=words.example.format(question=example) if example else words.placeholder,
        no_answer_hint=f"{hint} {words.ask_person.format(contact=contact)}" if contact else hint,
    )


def wordings() -> Mapping[str, Wording]:
    """Return the texts of the current application by language, for its live snapshot."""
    return cast(Wordings | WordingsOfMany, current_app.extensions[EXTENSION]).now()


def chosen_language() -> str | None:
    """Return the language that the address of the current request asks for; None where it asks for none we have."""
    asked = request.args.get(LANGUAGE_PARAMETER, "")
    return asked if asked in WORDINGS else None


def wording_for(text: str) -> Wording:
    """Return the texts in the language of a question; where it has none of ours, in that of the request."""
    return wordings().get(detect_language(text)) or wording()


def words_of(answer: Answer) -> Wording:
    """Return the texts in the language of an answer's conversation; where it has none of ours, as `wording_for`."""
    return wordings().get(answer.language) or wording_for(answer.question)


def wording() -> Wording:
    """Return the texts in the language of the address, else of Accept-Language; English where we have none of them."""
    return wordings()[chosen_language() or _accepted_language()]


def _accepted_language() -> str:
    languages = (tag.partition("-")[0].lower() for tag, _ in request.accept_languages)  # best first
    return next((language for language in languages if language in WORDINGS), DEFAULT_LANGUAGE)
