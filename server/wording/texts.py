"""The texts that the pages show, one value for each language; `server/answering/catalogues.py` reads them."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from babel import Locale
from babel.dates import format_date
from babel.numbers import format_decimal, format_percent

from faqkb.server.wording.maintaining import AdminWording

_SURE = 0.8  # from here a reader may rely on the answer without reading the choices
_LIKELY = 0.5  # from here the answer is more likely right than not


@dataclass(frozen=True, slots=True)
class Counted:
    """A text with {count}, in the form that the number takes in its language."""

    form: Callable[[int], str]
    locale: Locale

    def of(self, count: int) -> str:
        """Return the text for a number."""
        return self.form(count).format(count=format_decimal(count, locale=self.locale))


@dataclass(frozen=True, slots=True)
class LiveWording:
    """The texts of the search box that answers while the reader types."""

    results: str
    """Name of the list of hits."""
    found: str
    """Said after the state, with {count}."""
    preview: str
    """Above the answer of the hit chosen with the arrow keys."""
    keys: str
    """Which keys do what."""
    understood: str
    """With {question}, as it was searched for."""
    slow: str
    offline: str
    unreachable: str
    """The reader's machine has a network, the server does not reply."""
    offline_hint: str
    retry: str
    recent: str
    recent_hint: str
    forget: str
    """With {question}."""
    forget_all: str
    copy: str
    copied: str
    copy_failed: str
    meaning_loading: str
    """With {percent}: of what a site without a server loads to search by meaning."""
    meaning_failed: str


@dataclass(frozen=True, slots=True)
class ChatWording:
    """What a chat client is told around stored questions; answers themselves are the stored text."""

    which: str
    """Before the choices."""
    near: str
    """Before stored questions that come near."""
    not_in_words: str
    """To a message that is only a picture, a sound or a file."""


@dataclass(frozen=True, slots=True)
class TechnicalWording:
    """What is said in place of the texts of the same names where readers come with error messages."""

    tagline: str
    no_answer_hint: str


@dataclass(frozen=True, slots=True)
class ReferenceWording:
    """The texts around the reference of the API, which itself is in English."""

    title: str
    document: str
    """Link to the document that the page is made of."""
    contents: str
    """Name of the list of operations."""
    find: str
    """Label of the field that searches it."""
    parameters: str
    body: str
    name: str
    type: str
    meaning: str
    required: str
    header: str
    """Where a parameter is sent: in a header, in the address's query or in its path."""
    query: str
    path: str
    request: str
    """Above an example."""
    reply: str
    statuses: str


# Long on purpose: a line for each text of the pages.
@dataclass(frozen=True, slots=True)
class Wording:
    """Every text the pages show, but for stored questions and answers."""

    locale: Locale
    site: str
    tagline: str
    skip: str
    question_label: str
    placeholder: str
    example: str
    """In its place, with a {question} that is stored."""
    submit: str
    all_questions: str
    most_asked: str
    topic_questions: Counted
    other_languages: str
    needs_script: str
    """Below the search box of a site without a server."""
    more_questions: Counted
    """The questions not listed."""
    bases: str
    """Above the list of the knowledge bases of one server."""
    search_in: str
    """Before the knowledge bases that a question is put to."""
    base_closed: str
    """After the name of a knowledge base."""
    nothing_stored: str
    content_problems: str
    """Above what is wrong with the content, for whoever writes it and watches the pages."""
    answered: str
    ambiguous: str
    ambiguous_hint: str
    no_answer: str
    no_answer_hint: str
    ask_person: str
    """Said after it, with the {contact} that the operator names."""
    empty_question: str
    talk: Mapping[str, str]
    """What is said to small talk, by its kind (`kb.answers.Talk`); with {count} or {language} where it has one."""
    handover: str
    """Said where a person is asked for: the operator's words, or the {contact}; empty where nothing is named."""
    suggestions: str
    also: str
    go_on: str
    """Label of the field for a follow-up."""
    go_on_example: str
    """In that field."""
    so_far: str
    """Above the questions of a conversation."""
    asked_too: str
    """Above the other questions of a message that holds several."""
    confidence: str
    """With {word} and {percent}."""
    sure: str
    likely: str
    unsure: str
    source: str
    """With {path} and {line}."""
    permanent: str
    """Link to the answer's own page."""
    checks: str
    checks_hint: str
    check_passed: str
    """Of the last recorded run that passed, with {day} and {versions}."""
    check_failed: str
    """Of a newer one that failed, with {day} and {versions}."""
    download: str
    """With {file}."""
    other_wordings: str
    translation: str
    """Link to the same answer in another {language}."""
    asked: str
    """With the {question} that led to an answer's page."""
    judge: str
    """Asked below an answer."""
    helpful: str
    not_helpful: str
    reasons_title: str
    reasons: Mapping[str, str]
    """What may be wrong with an answer, by the tag that is stored; in the order shown."""
    note: str
    privacy: str
    """What is kept of a note and a question."""
    send: str
    none_of_these: str
    """Asked below choices."""
    tell: str
    """The button that records an unanswered question."""
    tell_hint: str
    thanks: str
    thanks_hint: str
    back_to_answer: str
    back: str
    crumbs: str
    """Name of the way from the start page to what is shown."""
    languages: str
    """Name of the list of languages of the pages."""
    footer: Counted
    contact: str
    report: str
    updated: str
    """With {date}, when the knowledge base was published, or an answer changed last."""
    feed: str
    """Name of the feed of answers that changed last."""
    errors: Mapping[str, str]
    """What to tell a reader, by status."""
    error_otherwise: str
    error_title: str
    not_found: str
    """In its place where there is nothing at an address."""
    widget_open: str
    """The button that opens the search box on other sites' pages."""
    widget_close: str
    widget_page: str
    """Link from there to the search page."""
    widget_away: str
    widget_refused: str
    """The site whose page it is is not on the server's list."""
    technical: TechnicalWording
    live: LiveWording
    chat: ChatWording
    reference: ReferenceWording
    admin: AdminWording

    @property
    def language(self) -> str:
        """Value of the `lang` attribute, e.g. `zh-CN`."""
        return "-".join(filter(None, (self.locale.language, self.locale.territory)))

    @property
    def language_code(self) -> str:
        """The language alone, e.g. `zh`: what records and `?lang=` say."""
        return self.locale.language

    @property
    def language_name(self) -> str:
        """The language's name for itself."""
        return self.name_of(self.locale.language)

    @property
    def direction(self) -> str:
        """Value of the `dir` attribute."""
        return self.locale.text_direction

    def name_of(self, language: str) -> str:
        """Return the name of a language in this one, e.g. `Chinese` for `zh`; the code where it has none."""
        return self.locale.languages.get(language) or language

    def level(self, confidence: float) -> str:
        """Return which of the three words a confidence takes: `sure`, `likely` or `unsure`."""
        return "sure" if confidence >= _SURE else "likely" if confidence >= _LIKELY else "unsure"

    def levels(self) -> list[dict[str, str | float]]:
        """Return the three words, surest first, each with the confidence it starts `from`."""
        return [
            {"name": "sure", "word": self.sure, "from": _SURE},
            {"name": "likely", "word": self.likely, "from": _LIKELY},
            {"name": "unsure", "word": self.unsure, "from": 0.0},
        ]

    def sureness(self, confidence: float) -> str:
        """Return a confidence in words and as a number."""
        word = {"sure": self.sure, "likely": self.likely, "unsure": self.unsure}[self.level(confidence)]
        return self.confidence.format(word=word, percent=self.percent(confidence))

    def percent(self, confidence: float) -> str:
        """Return a probability as a percentage that claims neither certainty nor impossibility."""
        shown = format_percent(min(max(round(confidence, 2), 0.01), 0.99), locale=self.locale)
        return f"<{shown}" if confidence < 0.01 else shown

    def date(self, at: datetime.date) -> str:
        """Return a day in words."""
        return format_date(at, format="long", locale=self.locale)

    def error_message(self, status: int) -> str:
        """Return what to tell a reader about an error."""
        return self.errors.get(str(status), self.error_otherwise)
