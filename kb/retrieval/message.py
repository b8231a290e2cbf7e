"""What a message asks: prefaces tell nothing, and one message may hold several questions."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace

from faqkb.kb import limits
from faqkb.kb.answers import Answer, Status
from faqkb.kb.language.codes import twin_key
from faqkb.kb.retrieval.query import telling_numbers
from faqkb.kb.retrieval.ranking import ScoredRecord

# A sentence ends at a line end, a Chinese stop, or a Latin stop before white space; its stop stays with it.
_SENTENCE = re.compile(r"[^。！？；\n.!?]++(?:[.!?](?!\s|$)[^。！？；\n.!?]*+)*+[。！？；.!?]*")
_ASKS_FIRST = re.compile(
    r"(?:(?:and|also|but|so|then|plus|hi|hello|please|btw)[, ]+)*"
    r"(?:how|what|why|when|where|which|who|whose|can|could|do|does|did|is|are|was|were|should|shall|will|would|may|must"
    r"|has|have|am)\b"
)
_ASKS_HAN = re.compile(
    r"怎么|怎样|如何|什么|为啥|为什么|哪|吗|呢|能不能|能否|可不可以|是不是|是否|有没有|要不要|多少|多久|几"
)
_CONTENT = re.compile(r"[a-z0-9]{2,}|[\u3400-\u9fff]")
_CONTENT_LEAST = 4  # words, or Chinese characters, of a sentence that can be searched for alone
_SENTENCES = 12  # of a message that are looked at; a longer one is a text


def asking_sentences(message: str) -> tuple[str, ...]:
    """Return the sentences of a message that ask something and can stand alone, in order; its last where none asks.

    None of a message that is one sentence, too many, or a pasted log.
    """
    if telling_numbers([line for line in message[: limits.QUERY_INPUT_CHARS].splitlines() if line.strip()]):
        return ()
    sentences = [match.group().strip() for match in _SENTENCE.finditer(message[: limits.QUERY_CHARS])]
    sentences = [sentence for sentence in sentences if sentence]
    if not 2 <= len(sentences) <= _SENTENCES:
        return ()
    return tuple(_asking(sentences)) or tuple(sentence for sentence in sentences[-1:] if _stands_alone(sentence))


def _asking(sentences: list[str]) -> Iterator[str]:
    for sentence in sentences:
        folded = sentence.casefold()
        asks = folded.endswith(("?", "？")) or _ASKS_FIRST.match(folded) or _ASKS_HAN.search(folded)
        if asks and _stands_alone(sentence):
            yield sentence


def _stands_alone(sentence: str) -> bool:
    return len(_CONTENT.findall(sentence.casefold())) >= _CONTENT_LEAST


AnswerOne = Callable[[str], tuple[Answer, tuple[ScoredRecord, ...]]]
"""Answers one question: the answer, and every candidate."""


def answer_message(message: str, answer_one: AnswerOne) -> tuple[Answer, tuple[ScoredRecord, ...]]:
    """Answer a message: as a whole, by the sentence that asks, or question by question.

    It holds several questions where two of its sentences find different records, at least one of them surely; the first
    of these is the answer, the others are its `others`. Otherwise the reading that is surest is taken: a preface about
    something else hides what is asked, and a sentence that leans on the one before it says nothing alone.
    """
    whole = answer_one(message)
    read = [answer_one(sentence) for sentence in asking_sentences(message)]
    answered = [at for at, (answer, _) in enumerate(read) if answer.status is Status.ANSWERED]
    found = {twin_key(answer.hits[0].record.id) for answer, _ in read if answer.hits}
    if answered and len(found) > 1:
        first, hits = read[answered[0]]
        others = tuple(answer for at, (answer, _) in enumerate(read) if at != answered[0])
        return replace(first, question=whole[0].question, others=others), hits
    surest, hits = max([whole, *read], key=lambda reading: reading[0].confidence)
    return replace(surest, question=whole[0].question), hits
