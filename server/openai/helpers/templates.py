"""The instructions that chat windows send on their own behalf, told by a few phrases each.

A phrase is looked for as it stands, never as a pattern: the text is a stranger's. Where a row has several, all have to
be there, outside of the conversation that the instruction is about.

Sources, read in 2026: Open WebUI `backend/open_webui/config.py`; LibreChat `@librechat/agents` `utils/title.ts` and
`prompts/titlePrompts.js`; Cherry Studio `config/prompts.ts`, `AiGeneration`; Chatbox `packages/prompts.ts`; NextChat
`locales/*.ts`; LobeChat `chainSummaryTitle`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from faqkb.server.openai.helpers.transcripts import Said, from_json, labelled, nameless


class Task(StrEnum):
    """What a chat window asks for."""

    TITLE = "title"
    TAGS = "tags"
    FOLLOW_UPS = "follow_ups"
    QUERIES = "queries"
    """What to search the web or other documents for."""
    PICTURE = "picture"
    """A description to paint a picture after."""
    NOTHING = "nothing"
    """What nothing stored can serve: told in the words that the template has for it."""


class Form(StrEnum):
    """How it wants to be told."""

    TEXT = "text"
    JSON = "json"
    TAGS = "tags"
    """XML elements that the instruction names."""


class Place(StrEnum):
    """Where the conversation stands."""

    BETWEEN = "between"
    """Between two marks, the first of the one and the last of the other."""
    AFTER = "after"
    """Behind a mark."""
    MESSAGES = "messages"
    """In the messages before the instruction."""
    USERS = "users"
    """In the user's messages; the instruction is the system's."""
    WHOLE = "whole"
    """It is all of the message; the instruction is the system's, in any language."""


@dataclass(frozen=True, slots=True)
class Template:
    """One instruction."""

    task: Task
    opens: str = ""
    """How it begins, letters folded."""
    holds: tuple[str, ...] = ()
    """What else it says, letters folded."""
    form: Form = Form.TEXT
    place: Place = Place.BETWEEN
    marks: tuple[str, str] = ("", "")
    """Around the conversation; behind it may stand nothing."""
    key: str = ""
    """Of the JSON object that is wanted."""
    nothing: str = ""
    """The reply where nothing can be served."""


@dataclass(frozen=True, slots=True)
class HelperRequest:
    """What a chat window asks for on its own behalf, and of which conversation."""

    template: Template
    conversation: tuple[Said, ...]
    instruction: str
    """Without the conversation."""

    @property
    def questions(self) -> list[str]:
        """What the user said, oldest first."""
        return [each.text for each in self.conversation if each.role == "user" and each.text.strip()]


_HISTORY = ("<chat_history>", "</chat_history>")
_REPHRASER = "you are an ai question rephraser"


def _open_webui(task: Task, key: str) -> Template:
    """Return a row of those that quote the chat and name the key of their JSON: also as an admin reworded them."""
    return Template(task, holds=(f'"{key}":',), form=Form.JSON, marks=_HISTORY, key=key)


def _of_system(opens: str, holds: str) -> Template:
    return Template(Task.TITLE, opens, (holds,), place=Place.USERS)


TEMPLATES = (
    # Open WebUI. Completing what is being typed and choosing tools quote the same, so they come first.
    Template(Task.NOTHING, holds=("autocompletion system", '"text":'), marks=_HISTORY, nothing='{"text": ""}'),
    _open_webui(Task.FOLLOW_UPS, "follow_ups"),
    _open_webui(Task.TAGS, "tags"),
    _open_webui(Task.QUERIES, "queries"),
    _open_webui(Task.TITLE, "title"),
    _open_webui(Task.PICTURE, "prompt"),
    Template(Task.TITLE, "### task:", ("word title",), marks=_HISTORY),
    Template(
        Task.NOTHING,
        "available tools:",
        ("choose and return the correct tool", "tool_calls"),
        place=Place.USERS,
        nothing='{"tool_calls": []}',
    ),
    # LibreChat
    Template(Task.TITLE, "provide a concise, 5-word-or-less title", place=Place.AFTER, marks=("conversation:", "")),
    Template(
        Task.TITLE, "analyze this conversation and provide", ("title",), place=Place.AFTER, marks=("quotation)", "")
    ),
    # Cherry Studio: the conversation as JSON, under an instruction in any language; before 1.3 as messages
    Template(Task.TITLE, '[{"role":', ('"maintext":',), place=Place.WHOLE),
    _of_system("summarize the conversation into a title", "title"),
    _of_system("总结给出的会话", "标题"),
    # Cherry Studio and LobeChat
    _of_system("you are an assistant skilled in conversation", "title"),
    _of_system("你是一名擅长会话的助理", "标题"),
    Template(
        Task.QUERIES,
        _REPHRASER,
        ("follow up question:",),
        form=Form.TAGS,
        place=Place.AFTER,
        marks=("follow up question:", "rephrased question:"),
    ),
    Template(Task.QUERIES, _REPHRASER, ("question",), form=Form.TAGS, place=Place.USERS),
    # Chatbox
    Template(Task.TITLE, "based on the chat history, give this conversation a name", marks=("```", "```")),
    # NextChat; a summary of what was said would be a text of nobody's, so there is none to remember
    Template(Task.TITLE, "please generate a four to five word title summarizing our", place=Place.MESSAGES),
    Template(Task.TITLE, "使用四到五个字直接返回这句话的简要主题", place=Place.MESSAGES),
    Template(Task.NOTHING, "summarize the discussion briefly in 200 words or less", place=Place.MESSAGES),
    Template(Task.NOTHING, "简要总结一下对话内容", ("上下文提示",), place=Place.MESSAGES),
)
_SEPARATOR = "---------"  # between Chatbox's messages


def helper_request(messages: Sequence[Said]) -> HelperRequest | None:
    """Return what a chat window asks for on its own behalf; None for a conversation of its user's.

    `messages` are all of a request, the instruction the last of the user's, or the first of the system's.
    """
    users = [number for number, each in enumerate(messages) if each.role == "user"]
    if not users:
        return None
    last = users[-1]
    system = next((each.text for each in messages if each.role in ("system", "developer")), "")
    of_system, of_user = _folded(system), _folded(messages[last].text)
    for template in TEMPLATES:
        text, folded = of_system if template.place is Place.USERS else of_user
        found = _read(template, text, folded, messages[:last], messages)
        if found is not None:
            return found
    return None


def _folded(text: str) -> tuple[str, str]:
    """Return a text without the space around it, and that with small letters, of the same length."""
    stripped = text.strip()
    folded = stripped.lower()
    return stripped, folded if len(folded) == len(stripped) else stripped


def _read(
    template: Template, text: str, folded: str, before: Sequence[Said], messages: Sequence[Said]
) -> HelperRequest | None:
    """Return the request of a template, None where the text is not of it."""
    start, end = _span(template, folded) if folded.startswith(template.opens) else (-1, -1)
    instruction = folded if start == end else f"{folded[:start]}\n{folded[end:]}"
    if start < 0 or not all(phrase in instruction for phrase in template.holds):
        return None
    if template.place is Place.MESSAGES:
        conversation = list(before)
    elif template.place is Place.USERS:
        conversation = _of_users(messages)
    else:
        conversation = _conversation(template, text[start:end] if start < end else text)
    return HelperRequest(template, tuple(conversation), instruction)


def _span(template: Template, folded: str) -> tuple[int, int]:
    """Return where the conversation begins and ends within the text, -1 where its marks are missing.

    The same number twice where the marks are of no matter: nothing of the text is left out.
    """
    first, last = template.marks
    if template.place not in (Place.BETWEEN, Place.AFTER):
        return 0, 0
    # Examples of questions stand before the one that is meant.
    start = folded.rfind(first) if template.form is Form.TAGS else folded.find(first)
    if start < 0:
        return -1, -1
    start += len(first)
    end = folded.rfind(last, start) if last else len(folded)
    return (start, end) if end >= 0 else (-1, -1)


def _conversation(template: Template, text: str) -> list[Said]:
    if template.form is Form.TAGS:
        return nameless([text])
    return from_json(text) or labelled(text) or nameless(text.split(_SEPARATOR))


def _of_users(messages: Sequence[Said]) -> list[Said]:
    """Return the conversation below a system message: written down in the last message, or the messages themselves."""
    told = [each for each in messages if each.role in ("user", "assistant")]
    last = told[-1].text if told else ""
    return from_json(last) or labelled(last) or told
