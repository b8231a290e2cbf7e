"""What the bots share: parts of a text that is too long for one message, and names of conversations."""

from __future__ import annotations

import importlib.util
from types import ModuleType

import pytest
from hypothesis import given
from hypothesis import strategies as st
from platform_support import EXAMPLES


def loaded() -> ModuleType:
    spec = importlib.util.spec_from_file_location("replies", EXAMPLES / "replies.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


REPLIES = loaded()


@given(st.text(alphabet="ab 中\n", max_size=200), st.integers(min_value=2, max_value=50))
def test_no_part_is_too_long_and_none_is_lost(text: str, limit: int) -> None:
    parts = list(REPLIES.pieces(text, limit))
    assert all(0 < len(part) <= limit for part in parts)
    assert "".join(parts).replace("\n", "") == text.replace("\n", "")


def test_a_text_is_cut_where_a_line_ends() -> None:
    assert list(REPLIES.pieces("one two\nthree four\nfive", 12)) == ["one two", "three four", "five"]


def test_each_chat_of_each_bot_is_a_conversation_that_nobody_guesses() -> None:
    chats = [("secret", 1, 2), ("secret", 12), ("secret", "1", "2"), ("another", 1, 2)]
    assert len({REPLIES.session_of(*chat) for chat in chats}) == len(chats)
    assert REPLIES.session_of("secret", 1, 2) == REPLIES.session_of("secret", 1, 2)
    assert len(REPLIES.session_of("secret", 1, 2)) >= 22, "what the server takes for unguessable"


def test_a_missing_setting_is_a_sentence() -> None:
    with pytest.raises(SystemExit, match="BOT_TOKEN_THAT_NOBODY_SET is not set"):
        REPLIES.setting("BOT_TOKEN_THAT_NOBODY_SET")
