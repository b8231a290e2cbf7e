"""What a conversation without a server needs: word lists, what is said to small talk, what leads on from records."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from faqkb.kb.answers import Talk
from faqkb.kb.bundled.array_file import array_file
from faqkb.kb.conversation.likeness import talk_weights
from faqkb.kb.conversation.word_lists import read_word_lists
from faqkb.kb.language.codes import CODES
from faqkb.kb.records import Record
from faqkb.kb.store.writing import twins
from faqkb.kb.text import simplify
from faqkb.server.answering.topics import Topic
from faqkb.server.limits import FOLLOW_UPS_OF_TOPIC
from faqkb.server.wording.talk import NAMES_PERSON
from faqkb.server.wording.texts import Wording

SCRIPTS = ("choices.js", "dialogue.js", "language.js", "phrases.js", "reading.js", "understanding.js")
"""In `conversation/`."""
_FILES = {"talk": "talk.txt", "follow_ups": "follow_ups.txt", "languages": "languages.txt"}
_HAN = range(0x3400, 0xA000)


def word_lists() -> dict[str, Any]:
    """Return the content of `lists.json`: the phrases, and the traditional characters of those they hold."""
    lists = {name: read_word_lists(file) for name, file in _FILES.items()}
    held = {char for own in lists.values() for words in own.values() for word in words for char in word}
    pairs = ((char, simplify(char)) for char in map(chr, _HAN))
    simplified = {char: plain for char, plain in pairs if plain != char and plain in held}
    return {"kinds": [kind.value for kind in Talk], "simplified": simplified, **lists}


def talk_texts(wordings: Mapping[str, Wording]) -> dict[str, Any]:
    """Return the content of `talk.json`: what is said to small talk in each language of the pages."""
    texts = {
        code: {
            "talk": dict(words.talk),
            "handover": words.handover,
            "names": {language: words.name_of(language) for language in sorted(CODES)},
        }
        for code, words in wordings.items()
    }
    return {**texts, "names_person": sorted(NAMES_PERSON)}


def related_records(records: Sequence[Record], folders: Mapping[str, str], topics: Sequence[Topic]) -> dict[str, Any]:
    """Return the content of `related.json`: all records without their answers, and which are of one topic."""
    positions = {record.id: position for position, record in enumerate(records)}
    return {
        "titles": [record.question for record in records],
        "languages": [record.language for record in records],
        "twins": list(twins(records)),
        "folders": [folders[record.id] for record in records],
        "topics": [[positions[question.id] for question in topic.questions] for topic in topics if topic.questions],
        "prompts": FOLLOW_UPS_OF_TOPIC,
    }


def talk_likeness() -> bytes:
    """Return the weights by which small talk in other words than those listed is known."""
    coefficients, intercepts, kinds = talk_weights()
    return array_file({"kinds": kinds}, {"coefficients": coefficients, "intercepts": intercepts})
