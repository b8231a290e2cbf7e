"""What the bots of this folder say of an answer, as plain text, and which conversation a chat is."""

from __future__ import annotations

import hmac
import os
from collections.abc import Iterator

from faqkb.client import Answer

WHICH = {"zh": "你想问的是下面哪一个？请回复编号：", "en": "Which of these do you mean? Reply with its number:"}
NEAR = {"zh": "库里这几个问题比较接近，可以回复编号：", "en": "These come near; reply with a number:"}
UNREACHABLE = "The FAQ cannot be asked right now, please try again later. 暂时无法查询，请稍后再试。"


def setting(name: str, default: str | None = None) -> str:
    """Return an environment variable. Raises SystemExit with a sentence where it is missing and has no default."""
    value = os.environ.get(name, default)
    if value is None:
        raise SystemExit(f"{name} is not set; docs/bots.md says what it is")
    return value


def session_of(secret: str, *chat: object) -> str:
    """Return the session id of a chat: the same after a restart, and nobody's guess, unlike the chat's own number."""
    return hmac.new(secret.encode(), repr(chat).encode(), "sha256").hexdigest()


def reply_text(answer: Answer) -> str:
    """Return what a chat shows of an answer that was asked for with `format="text"`."""
    if not answer.others:
        return _one(answer, "{number}. ")
    several = [f"{answer.question}\n{_one(answer, '{number}. ')}"]
    # A number chooses from the list of the first question, so the others have none.
    several += [f"{other.question}\n{_one(other, '• ')}" for other in answer.others]
    return "\n\n".join(several)


def pieces(text: str, limit: int) -> Iterator[str]:
    """Yield a text in parts of at most `limit` characters, cut where a line ends if one does in the second half."""
    while len(text) > limit:
        end = text.rfind("\n", limit // 2, limit)
        cut = limit if end < 0 else end
        yield text[:cut]
        text = text[cut:].lstrip("\n")
    if text:
        yield text


def _one(answer: Answer, mark: str) -> str:
    language = "zh" if answer.language == "zh" else "en"
    if answer.status == "answered":
        return answer.answers[0].text or answer.answers[0].answer
    if answer.no_answer is None:  # ambiguous
        return _listed(WHICH[language], [hit.question for hit in answer.answers], mark)
    said, near = answer.no_answer.message, [each.question for each in answer.no_answer.suggestions]
    return f"{said}\n\n{_listed(NEAR[language], near, mark)}" if near else said


def _listed(opening: str, questions: list[str], mark: str) -> str:
    lines = [f"{mark.format(number=number)}{question}" for number, question in enumerate(questions, start=1)]
    return "\n".join([opening, *lines])
