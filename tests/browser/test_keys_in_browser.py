"""A browser with a key: the login it asks for opens the pages, the answers while typing, and the votes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from access_support import new_key
from playwright.sync_api import Browser, Error, Page
from server_support import DOCKER_QUESTION, ServedProcess, copied_knowledge, served

from faqkb.kb.feedback.log import FeedbackStore


@pytest.fixture(scope="module")
def keyed(kb_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[ServedProcess, str, Path]]:
    folder = copied_knowledge(kb_folder, tmp_path_factory.mktemp("keyed") / "kb")
    key = new_key(folder, "read", "feedback")
    with served(folder) as server:
        yield server, key, folder


def opened(browser: Browser, server: ServedProcess, **options: object) -> Page:
    return browser.new_context(base_url=server.url, locale="zh-CN", **options).new_page()


def test_the_login_of_a_browser_opens_all_that_a_reader_does(browser, keyed):
    server, key, folder = keyed
    page = opened(browser, server, http_credentials={"username": "me", "password": key})
    refused = []
    page.on("response", lambda reply: refused.append(reply.url) if reply.status == 403 else None)
    page.goto("/")
    page.locator("input[type=search]").fill(DOCKER_QUESTION)
    page.get_by_text("--shm-size").first.wait_for()
    page.goto("/q/faq_2021_s1/Q1.3")
    page.locator("form[action^='/feedback'] button[name=helpful][value=yes]").click()
    page.get_by_text("谢谢").first.wait_for()
    assert refused == []
    assert len(list(FeedbackStore(folder).events())) >= 1
    page.context.close()


def test_a_browser_asks_for_the_key(browser, keyed):
    server, _, _ = keyed
    page = opened(browser, server)
    with pytest.raises(Error, match="AUTH_CREDENTIALS"):  # what Chromium says where nobody fills in its login
        page.goto("/")
    page.context.close()
