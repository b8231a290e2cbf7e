"""The exported site where it is known to be: its page for what is not there, and without a network."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect
from server_support import DOCKER_QUESTION
from site_support import OpenPage, ask, file_server, pages_of

from faqkb.faq.export_site import export_site

BELOW = "docs/help/"
ADDRESS = f"https://faq.example/{BELOW}"


@pytest.fixture(scope="module")
def host(kb_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("host")
    export_site(kb_folder, folder / BELOW, ADDRESS, offline=True)
    return folder


@pytest.fixture(scope="module")
def site_url(host: Path) -> Iterator[str]:
    with file_server(host, missing=f"{BELOW}404.html") as top:
        yield f"{top}{BELOW}"


@pytest.fixture
def open_page(browser: Browser, site_url: str) -> Iterator[OpenPage]:
    with pages_of(browser, site_url) as open_one:
        yield open_one


@pytest.mark.parametrize("path", ["nothing", "q/faq_2021_s1/gone/", "a/b/c/d/e.html", "%E0%A4%A", "../nothing"])
def test_what_is_not_there_gets_the_page_with_the_box_at_any_depth(open_page, site_url, path):
    page = open_page(path)
    expect(page.locator(".status")).to_have_text("404")
    ask(page, DOCKER_QUESTION)
    expect(page.locator(".live .card")).to_contain_text("--shm-size=8g")
    outside = [url for url in page.asked[1:] if not url.startswith(site_url)]
    assert outside == []
    page.locator(".live .card h2 a").click()
    expect(page.locator("h1")).to_contain_text("Blocking queue is killed")


def test_it_shows_the_questions_nearest_to_the_words_of_the_address(open_page, site_url):
    page = open_page("q/how-to/blocking-queue-is-killed-in-docker/")
    nearest = page.locator("#nearest a")
    expect(nearest.first).to_contain_text("Blocking queue is killed")
    assert nearest.count() <= 3
    nearest.first.click()
    assert page.url.startswith(f"{site_url}q/")
    expect(page.locator(".answer")).to_be_visible()


def test_nothing_is_near_an_address_without_known_words(open_page):
    page = open_page("zzzzqq/")
    page.wait_for_load_state("networkidle")
    expect(page.locator("#nearest")).to_be_hidden()


def test_without_scripts_it_leads_to_all_questions(open_page, site_url):
    page = open_page("q/gone/", java_script_enabled=False)
    page.locator(".again a").click()
    assert page.url == site_url


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_axe_finds_nothing_on_it(open_page, scheme, width):
    size = {"width": width, "height": 800}
    page = open_page("q/blocking-queue-is-killed/", color_scheme=scheme, viewport=size)
    expect(page.locator("#nearest a").first).to_be_visible()
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()


# Without a network


def kept(page: Page) -> list[str]:
    """Wait until the browser keeps the site; return the names of what it keeps."""
    page.evaluate("() => navigator.serviceWorker.ready")
    page.wait_for_function("() => navigator.serviceWorker.controller")
    return page.evaluate("() => caches.keys()")


def test_after_one_visit_it_answers_without_a_network(open_page):
    page = open_page("en/")
    kept(page)
    page.context.set_offline(True)
    page.reload()
    ask(page, "Training inside docker fails: Blocking queue is killed because the data reader raises an exception")
    expect(page.locator(".live .card")).to_contain_text("create the container again")
    page.get_by_role("link", name="中文").click()
    ask(page, DOCKER_QUESTION)
    expect(page.locator(".live .card")).to_contain_text("--shm-size=8g")
    page.locator(".further input[type=text]").fill("为什么")
    page.keyboard.press("Enter")
    expect(page.locator(".live .earlier li")).to_have_count(2)


def test_a_page_that_was_visited_opens_without_a_network_and_one_that_was_not_fails_as_ever(open_page, site_url):
    page = open_page()
    kept(page)
    page.goto(f"{site_url}q/faq_2021_s1/Q1.3/?q=docker")
    page.context.set_offline(True)
    page.goto(f"{site_url}q/faq_2021_s1/Q1.3/")
    expect(page.locator("h1")).to_contain_text("Blocking queue is killed")
    with pytest.raises(Exception, match="ERR_"):
        page.goto(f"{site_url}q/faq_2021_s1/Q1.1/")


def test_it_keeps_its_own_files_alone(open_page, site_url, host):
    (host / "other.txt").write_text("another site of this host")
    (host / BELOW / "beside.txt").write_text("beside the site")
    page = open_page()
    names = kept(page)
    for address in (f"{site_url}beside.txt", f"{site_url}../../other.txt"):
        page.evaluate("address => fetch(address)", address)
    urls = page.evaluate(
        """async () => (await Promise.all((await caches.keys()).map(async (name) =>
             (await (await caches.open(name)).keys()).map(({ url }) => url)))).flat()"""
    )
    assert len(names) == 1
    assert urls
    assert [url for url in urls if not url.startswith(site_url) or url.endswith(".txt")] == []
    for name in ("other.txt", f"{BELOW}beside.txt"):
        (host / name).unlink()


def test_a_new_export_is_seen_at_the_next_load_and_the_former_files_are_let_go(browser, kb_folder, tmp_path):
    folder = tmp_path / BELOW
    export_site(kb_folder, folder, None, offline=True)
    with file_server(tmp_path) as top, pages_of(browser, f"{top}{BELOW}") as open_one:
        page = open_one()
        [former] = kept(page)
        start = folder / "index.html"
        start.write_text(start.read_text(encoding="utf-8").replace("<h1>", "<h1>NEW ", 1), encoding="utf-8")
        worker = folder / "sw.js"
        worker.write_text(
            worker.read_text(encoding="utf-8").replace(former.rpartition(" ")[2], "later"), encoding="utf-8"
        )
        page.reload()
        expect(page.locator("h1")).to_contain_text("NEW")
        page.wait_for_function("async () => (await caches.keys()).join().endsWith(' later')")
        page.context.set_offline(True)
        page.reload()
        expect(page.locator("h1")).to_contain_text("NEW")


def test_an_export_without_it_ends_it(browser, kb_folder, tmp_path):
    folder = tmp_path / BELOW
    export_site(kb_folder, folder, None, offline=True)
    with file_server(tmp_path) as top, pages_of(browser, f"{top}{BELOW}") as open_one:
        page = open_one()
        kept(page)
        export_site(kb_folder, folder, None)
        page.reload()
        page.wait_for_function("async () => !(await navigator.serviceWorker.getRegistrations()).length")
        assert page.evaluate("() => caches.keys()") == []
        page.reload()
        ask(page, DOCKER_QUESTION)
        expect(page.locator(".live .card")).to_be_visible()


def test_who_saves_data_keeps_nothing(open_page):
    page = open_page(init="Object.defineProperty(navigator, 'connection', { value: { saveData: true } })")
    page.wait_for_load_state("networkidle")
    assert page.evaluate("async () => (await navigator.serviceWorker.getRegistrations()).length") == 0
