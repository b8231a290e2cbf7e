"""The maintainer's pages in Chromium: without JavaScript, in both languages, light and dark, at every width."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from access_support import new_key
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, expect
from server_support import ServedProcess, copied_knowledge, make_record, served

from faqkb.kb.answers import Status
from faqkb.kb.building.build import build_snapshot
from faqkb.kb.feedback.events import Click, Vote
from faqkb.kb.feedback.log import FeedbackStore
from faqkb.kb.feedback.questions import Asked
from faqkb.kb.model.encoder import Encoder
from faqkb.kb.snapshot.published import current_snapshot, snapshot_names

PATHS = ("/admin?days=30", "/admin/gaps", "/admin/snapshots")
EVIL = "<img src=x onerror=alert(1)> wifi <script>alert(1)</script>"
Opener = Callable[..., Page]


def remember_traffic(folder: Path) -> None:
    """Leave what ten days of readers asked and said."""
    store, now = FeedbackStore(folder), datetime.now(UTC)
    for age in range(10):
        at = (now - timedelta(days=age)).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        answered = [Asked("reset?", Status.ANSWERED, 0.93, "faq/Q1", "a", at)] * (12 + age)
        vain = [Asked(text, Status.NO_ANSWER, 0.1, None, "a", at) for text in (EVIL, "opening hours " + "long" * 40)]
        store.questions.record([*answered, Asked("device", Status.AMBIGUOUS, 0.4, None, "a", at), *vain])
        store.record(Vote("faq/Q1", helpful=age % 2 == 0, tags=("outdated",), note=EVIL, question=EVIL, at=at))
        store.record(Click("faq/Q2", EVIL, at=at))


@pytest.fixture(scope="module")
def maintained(encoder: Encoder, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[ServedProcess, str, Path]]:
    built = tmp_path_factory.mktemp("maintained") / "built"
    first = make_record("faq/Q1", "How do I reset the device?", "Hold the button for ten seconds.")
    build_snapshot(built, [first], encoder)
    build_snapshot(built, [first, make_record("faq/Q2", "Is it waterproof?", "No, keep it dry.")], encoder)
    folder = copied_knowledge(built, tmp_path_factory.mktemp("maintained") / "kb")
    remember_traffic(folder)
    key = new_key(folder, "read", "admin")
    with served(folder) as server:
        yield server, key, folder


@pytest.fixture
def open_admin(browser: Browser, maintained: tuple[ServedProcess, str, Path]) -> Iterator[Opener]:
    server, key, _ = maintained
    contexts: list[BrowserContext] = []

    def open_one(path: str, *, width: int = 1280, **options: object) -> Page:
        given = {"base_url": server.url, "locale": "en-US", "viewport": {"width": width, "height": 800}}
        login = {"username": "me", "password": key}
        context = browser.new_context(**(given | {"http_credentials": login} | options))
        contexts.append(context)
        page = context.new_page()
        page.goto(path)
        return page

    yield open_one
    for context in contexts:
        context.close()


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(("scheme", "locale"), [("light", "zh-CN"), ("dark", "en-US")])
def test_axe_finds_nothing(open_admin, path, scheme, locale):
    page = open_admin(path, color_scheme=scheme, locale=locale)
    page.locator("details").evaluate_all("all => all.forEach((each) => each.open = true)")
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()


@pytest.mark.parametrize("width", [320, 768, 1280, 3840])
def test_no_page_is_wider_than_the_window(open_admin, maintained, width):
    earlier = snapshot_names(maintained[2])[0]
    for path in (*PATHS, f"/admin/snapshots/{earlier}/rollback"):
        page = open_admin(path, width=width)
        page.locator("details").evaluate_all("all => all.forEach((each) => each.open = true)")
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path


@pytest.mark.parametrize("path", PATHS)
def test_nothing_comes_from_elsewhere_and_nothing_that_strangers_wrote_runs(open_admin, maintained, path):
    page = open_admin(path)
    asked, said = [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: said.append(message.text))
    page.on("dialog", lambda dialog: (said.append(dialog.message), dialog.dismiss()))
    page.reload()
    assert asked
    assert all(url.startswith(maintained[0].url) for url in asked)
    assert said == []
    assert page.locator("main img, main script").count() == 0


def test_the_drawing_shows_every_day_and_its_numbers_are_text(open_admin):
    page = open_admin("/admin?days=30", java_script_enabled=False)
    chart = page.get_by_role("img", name="Questions per day")
    expect(chart).to_be_visible()
    assert chart.locator("g").count() == 30
    heights = [float(each.get_attribute("height")) for each in chart.locator("rect.answered").all()]
    assert len(heights) == 10
    assert max(heights) > 1.5 * min(heights)
    expect(page.locator("#attempts .value")).to_have_text(str(sum(12 + age for age in range(10)) + 30))
    expect(page.locator("#helpful_share .value")).to_contain_text("50.0% (23.7% to 76.3%; 5 of 10)")


def test_the_days_are_chosen_and_kept_on_the_way(open_admin):
    page = open_admin("/admin", java_script_enabled=False)
    page.get_by_role("link", name="Last 90 days").click()
    expect(page.locator(".ranges [aria-current]")).to_have_text("Last 90 days")
    page.get_by_role("link", name="Gaps", exact=True).click()
    expect(page.locator(".ranges [aria-current]")).to_have_text("Last 90 days")
    page.get_by_role("link", name="中文").click()
    expect(page.locator("h1")).to_have_text("未被满足的提问")
    expect(page.locator(".ranges [aria-current]")).to_have_text("最近 90 天")


def test_a_table_is_downloaded(open_admin):
    page = open_admin("/admin?days=30")
    with page.expect_download() as download:
        page.get_by_role("link", name="Questions per day as CSV").click()
    assert download.value.suggested_filename.startswith("days-")
    assert len(Path(download.value.path()).read_text().splitlines()) == 31


def test_two_clicks_go_back_to_an_earlier_snapshot_without_javascript(open_admin, maintained):
    _, _, folder = maintained
    earlier, live = snapshot_names(folder)
    for target in (earlier, live):
        page = open_admin("/admin/snapshots", java_script_enabled=False)
        page.get_by_role("link", name=f"Make {target} the live one").click()
        assert current_snapshot(folder) != target
        page.get_by_role("button", name="Make it live").click()
        expect(page.locator("tr", has_text=target)).to_contain_text("live")
        assert current_snapshot(folder) == target
