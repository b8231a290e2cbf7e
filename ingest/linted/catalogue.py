"""Every rule there is, in the order of the reference."""

from __future__ import annotations

from faqkb.ingest.linted.findings import Rule

_RULES = (
    Rule("unreadable", "a file that cannot be read", "Nothing of it is answered from."),
    Rule(
        "heading-blank",
        "a heading without the blank after its #",
        "Most readers of Markdown show it as ordinary text, and the question is lost in the answer above.",
    ),
    Rule("no-answer", "a question without an answer", "It is left out: nobody gets it."),
    Rule(
        "label-order",
        "a label that comes after a higher one",
        "Readers who look for Q7 behind Q6 do not find it, and it is often a copy that was not renumbered.",
    ),
    Rule(
        "label-twice",
        "a label that two questions have",
        "Addresses are made of labels: the second one gets -2, and moves when a question comes or goes.",
    ),
    Rule(
        "answer-marker",
        "an answer without the marker that the others have",
        "Where the question ends is a guess then, and its last line may be lost or read as part of the answer.",
    ),
    Rule("script-in-question", "a raw tag in a question", "Readers and search do not see it: a tag is no text."),
    Rule(
        "repeated-question",
        "a question that is asked twice",
        "One of the two answers is never found, and the other may be the one that is out of date.",
    ),
    Rule(
        "contradiction",
        "the same question with answers that contradict each other",
        "Which of them a reader gets is left to chance.",
    ),
    Rule(
        "near-duplicate",
        "two questions that mean the same",
        "They take each other's place: readers are given a choice between two, or the lesser answer.",
        by_meaning=True,
    ),
    Rule(
        "better-elsewhere",
        "a question that the answer of another record fits better",
        "Its own answer seems to be about something else, as after a slip of copying.",
        by_meaning=True,
    ),
    Rule(
        "not-first",
        "a question that does not find itself",
        "Who asks exactly what stands there gets another answer.",
        needs="--self-test",
        by_meaning=True,
    ),
    Rule("dead-link", "a relative link to a file that is not there", "Whoever follows it gets nothing."),
    Rule("dead-anchor", "a link to a heading or anchor that is not there", "It leads to the top of the page."),
    Rule("missing-picture", "a picture that is not there", "Readers see a broken picture, or none."),
    Rule(
        "dead-address",
        "an address on the web that does not answer",
        "Whoever follows it gets an error page.",
        needs="--online",
    ),
    Rule(
        "picture-text",
        "a picture without alternative text",
        "Who does not see pictures, and every search, knows nothing of it.",
    ),
    Rule(
        "code-syntax",
        "a code block that is not what it says",
        "Whoever copies it gets a syntax error.",
    ),
    Rule(
        "gone",
        "a file or flag that the source tree no longer has",
        "The answer speaks of an earlier version.",
        needs="--against",
    ),
    Rule(
        "stale",
        "an answer that says of itself that it is old",
        "It may have been true then.",
        needs="--stale-after",
    ),
    Rule(
        "missing-twin",
        "a question that the other language lacks",
        "Readers of that language get no answer, or one that they cannot read.",
    ),
    Rule(
        "two-spellings",
        "a term that is spelled in two ways",
        "Who searches for one spelling by words misses the other.",
    ),
    Rule(
        "long-answer",
        "an answer too long for one answer",
        "Nobody finds the sentence that answers, in a chat least of all.",
    ),
    Rule(
        "unknown-rule",
        "a faq-lint comment that names no rule",
        "It turns nothing off.",
    ),
)
RULES = {rule.id: rule for rule in _RULES}
"""By id."""
