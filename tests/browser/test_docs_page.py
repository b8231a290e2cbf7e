"""The reference of the API as a page: readable, complete without JavaScript, with nothing from elsewhere."""

from __future__ import annotations

import subprocess

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("locale", ["zh-CN", "en-US"])
def test_axe_finds_nothing(open_page, scheme, locale):
    page = open_page("/docs", color_scheme=scheme, locale=locale)
    page.locator("details").evaluate_all("all => all.forEach((each) => each.open = true)")
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()


def test_every_operation_is_shown_without_javascript(open_page, server):
    page = open_page("/docs", java_script_enabled=False)
    document = server.get("/openapi.json").json
    names = [operation["operationId"] for item in document["paths"].values() for operation in item.values()]
    for name in names:
        expect(page.locator(f"article#{name}")).to_be_visible()
        assert page.locator(f"nav a[href='#{name}']").count() == 1


def test_nothing_comes_from_elsewhere_and_nothing_is_refused_by_the_policy(open_page, server):
    asked, said = [], []
    page = open_page("/docs")
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: said.append(message.text))
    page.reload()
    assert asked
    assert all(url.startswith(server.url) for url in asked)
    assert said == []


def test_the_frame_speaks_the_readers_language(open_page):
    expect(open_page("/docs").locator("h1")).to_have_text("API 参考")
    expect(open_page("/docs", locale="en-US").locator("h1")).to_have_text("Reference of the API")
    page = open_page("/docs?lang=en")
    expect(page.locator("h1")).to_have_text("Reference of the API")
    page.get_by_role("link", name="中文").click()
    expect(page.locator("h1")).to_have_text("API 参考")


def test_a_command_is_copied_and_does_what_it_says(open_page, server):
    page = open_page("/docs", permissions=["clipboard-read", "clipboard-write"])
    page.locator("#ask .copy").first.click()
    command = page.evaluate("navigator.clipboard.readText()")
    assert command.startswith(f"curl {server.url}/api/v1/ask")
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=True)
    assert '"status"' in done.stdout


@pytest.mark.parametrize("width", [320, 1280])
def test_the_page_is_as_wide_as_the_window(open_page, width):
    page = open_page("/docs", width=width)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
