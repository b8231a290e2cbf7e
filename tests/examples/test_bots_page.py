"""What docs/bots.md says of the files, and that they stay as short as it promises."""

from __future__ import annotations

import re

import pytest
from platform_support import EXAMPLES
from server_support import ROOT

PAGE = (ROOT / "docs" / "bots.md").read_text(encoding="utf-8")
FILES = sorted(path for path in EXAMPLES.iterdir() if path.is_file())


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_each_file_is_named_on_the_page_and_short(path):
    assert f"`examples/{path.name}`" in PAGE
    assert len(path.read_text(encoding="utf-8").splitlines()) < 120


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*_bot.py")), ids=lambda path: path.name)
def test_each_setting_of_a_bot_is_explained(path):
    names = set(re.findall(r'setting\(\s*"(\w+)"', path.read_text(encoding="utf-8")))
    assert names
    assert not {name for name in names if f"`{name}`" not in PAGE}


def test_each_setting_for_open_webui_is_set_once():
    names = re.findall(r"^(\w+)=", (EXAMPLES / "open_webui.env").read_text(encoding="utf-8"), re.MULTILINE)
    assert len(names) == len(set(names))
