"""The search box on other people's pages, each on a server of its own, in the system's Chromium."""

from __future__ import annotations

import gzip
import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import foreign
import pytest
from axe_playwright_python.sync_playwright import Axe
from PIL import Image, ImageChops
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect
from server_support import DOCKER_QUESTION, ROOT, ServedProcess, served

FOREIGN = ["sphinx/index.html", "mkdocs/index.html", "hostile.html"]
EVERY = [*FOREIGN, "rtl.html", "strict.html"]
STYLES_INSIDE = """() => [...document.querySelector('faq-widget').shadowRoot.querySelectorAll('.faq, .faq *')].map(
    node => [node.localName + '.' + node.getAttribute('class'),
             Object.fromEntries([...getComputedStyle(node)].map(name => [name, getComputedStyle(node)[name]]))])"""
STYLES_OUTSIDE = """() => [...document.querySelectorAll('body, body *')].filter(
    node => !node.closest('faq-widget, script, [data-md-component=search]')).map(
    node => [node.localName, Object.fromEntries([...getComputedStyle(node)].map(
        name => [name, getComputedStyle(node)[name]]).concat(
            [['box', JSON.stringify(node.getBoundingClientRect())]]))])"""
FOCUS_IS_INSIDE = "() => document.activeElement.localName === 'faq-widget' || document.activeElement === document.body"
OpenPage = Callable[..., Page]


@dataclass(frozen=True, slots=True)
class Guests:
    """The sites, and the server whose widget they carry."""

    site: foreign.Site
    server: ServedProcess


@pytest.fixture(scope="module")
def guests(kb_folder, tmp_path_factory) -> Iterator[Guests]:
    folder = tmp_path_factory.mktemp("foreign")
    (folder / "site").mkdir()
    with (
        foreign.serve_site(folder / "site") as site,
        served(kb_folder, "--allow-origin", "https://docs.example.org", "--allow-origin", site.url) as server,
    ):
        foreign.build_sphinx(folder / "a", site.folder / "sphinx", server.url)
        foreign.build_mkdocs(folder / "b", site.folder / "mkdocs", server.url)
        script = f'<script src="{server.url}/widget.js"></script>'
        overlay = '<section class="overlay"></section>'
        site.write("hostile.html", foreign.page(overlay + script, head=f"<style>{foreign.HOSTILE_STYLE}</style>"))
        site.write("rtl.html", foreign.page(script, attributes='lang="ar" dir="rtl"'))
        policy = foreign.STRICT_POLICY.format(server=server.url)
        strict = {"Content_Security_Policy": policy, "Cross_Origin_Embedder_Policy": "require-corp"}
        site.write("strict.html", foreign.page(script), **strict)
        far = '<div style="width: 300vw; height: 300vh"><table style="width: 5000px"><tr><td>wide</table></div>'
        phone = '<meta name="viewport" content="width=device-width, initial-scale=1">'
        site.write("wide.html", foreign.page(far + script, head=phone))
        site.write("wide-rtl.html", foreign.page(far + script, head=phone, attributes='lang="ar" dir="rtl"'))
        # What a page may let its readers write: names that hide a document's own.
        pictures = "".join(f'<img src="{server.url}/static/{name}.js">' for name in ("search", "page"))
        taken = f'<img name="currentScript" src="/evil/x.png"><form name="scripts">{pictures}</form>'
        taken += '<form data-live="{&quot;texts&quot;: {}}"><input name="q"></form>'
        site.write("clobbered.html", foreign.page(taken + script))
        yield Guests(site, server)


@pytest.fixture
def open_page(browser: Browser, guests: Guests) -> Iterator[OpenPage]:
    contexts: list[BrowserContext] = []

    def open_one(path: str, *, prepare: Callable[[Page], object] | None = None, **options: object) -> Page:
        context = browser.new_context(
            **({"base_url": guests.site.url, "viewport": {"width": 1280, "height": 900}} | options)
        )
        contexts.append(context)
        page = context.new_page()
        if prepare:
            prepare(page)
        page.goto(path, wait_until="load")
        return page

    yield open_one
    for context in contexts:
        context.close()


def opener(page: Page) -> Locator:
    return page.locator("faq-widget button.open")


def box(page: Page) -> Locator:
    return page.locator("faq-widget").get_by_role("combobox")


def test_names_in_what_readers_of_a_page_wrote_lead_the_widget_nowhere(open_page: OpenPage, guests: Guests) -> None:
    """An element stands in for the document's property of its name, and scripts would come from where it says."""
    asked: list[str] = []
    errors: list[str] = []

    def watch(page: Page) -> None:
        page.on("request", lambda request: asked.append(request.url))
        page.on("pageerror", lambda error: errors.append(str(error)))

    page = open_page("clobbered.html", prepare=watch)
    opener(page).click()
    expect(box(page)).to_be_visible()
    assert not [url for url in asked if url.startswith(f"{guests.site.url}/evil/") and url.endswith(".js")]
    assert not errors


def panel(page: Page) -> Locator:
    return page.locator("faq-widget dialog")


def answered(page: Page) -> Locator:
    return page.locator("faq-widget .live[data-state=answered]")


def ask(page: Page) -> None:
    """Open the box with a click and have a question answered."""
    opener(page).click()
    box(page).fill(DOCKER_QUESTION)
    expect(answered(page).locator(".answer")).to_contain_text("--shm-size=8g")


@pytest.mark.parametrize("path", EVERY)
def test_a_reader_with_a_mouse_opens_the_box_and_is_answered(open_page, guests, path):
    reported, asked = [], []

    def listen(page: Page) -> None:
        page.on("console", lambda message: message.type == "error" and reported.append(message.text))
        page.on("pageerror", lambda error: reported.append(str(error)))
        page.on("request", lambda request: asked.append(request.url))

    page = open_page(path, prepare=listen)
    ask(page)
    panel(page).locator(".panel-close").click()
    expect(panel(page)).to_be_hidden()
    expect(page).to_have_url(f"{guests.site.url}/{path}")
    strangers = [url for url in asked if not url.startswith((guests.site.url, guests.server.url, "data:"))]
    assert strangers == []
    assert [text for text in reported if "favicon" not in text and "404" not in text] == []


@pytest.mark.parametrize("path", EVERY)
def test_a_reader_with_a_keyboard_opens_asks_chooses_and_comes_back(open_page, guests, path):
    page = open_page(path)
    link = page.get_by_role("link", name="link", exact=True)
    link.focus()
    expect(link).to_be_focused()
    page.keyboard.press("Control+k")
    expect(box(page)).to_be_focused()
    page.keyboard.type(DOCKER_QUESTION)
    expect(answered(page)).to_be_visible()
    for _ in range(12):  # more than there are places: the page behind is not one of them
        page.keyboard.press("Tab")
        assert page.evaluate(FOCUS_IS_INSIDE)
    box(page).focus()
    page.keyboard.press("ArrowDown")
    with page.expect_popup() as opened:
        page.keyboard.press("Enter")
    assert opened.value.url.startswith(f"{guests.server.url}/q/")
    page.bring_to_front()
    page.keyboard.press("Escape")
    expect(panel(page)).to_be_hidden()
    expect(link).to_be_focused()


@pytest.mark.parametrize("path", ["sphinx/index.html", "mkdocs/index.html"])
def test_what_is_typed_in_the_box_is_no_shortcut_of_the_page(open_page, path):
    page = open_page(path)
    opener(page).click()
    expect(box(page)).to_be_focused()
    page.keyboard.type("/ sfnp,. docker")
    expect(box(page)).to_have_value("/ sfnp,. docker")
    expect(box(page)).to_be_focused()
    assert page.evaluate("() => [...document.querySelectorAll('input:checked')].map(one => one.id)") == []


def test_the_box_has_the_same_styles_on_every_page(open_page):
    first, *others = (_styles_inside(open_page(path)) for path in FOREIGN)
    assert [_differences(other, first) for other in others] == [[]] * len(others)


def _styles_inside(page: Page) -> list[tuple[str, dict[str, str]]]:
    ask(page)
    return page.evaluate(STYLES_INSIDE)


def test_the_box_looks_the_same_on_every_page(open_page):
    first, *others = (_picture(open_page(path)) for path in FOREIGN)
    for other in others:
        assert other.size == first.size
        difference = ImageChops.difference(first, other).convert("L").point(lambda level: 255 if level > 16 else 0)
        assert difference.histogram()[255] / (first.width * first.height) < 0.002  # the page shows at round corners


def _picture(page: Page) -> Image.Image:
    ask(page)
    page.wait_for_timeout(700)  # what a screen reader hears comes last
    return Image.open(io.BytesIO(panel(page).screenshot())).convert("RGB")


@pytest.mark.parametrize("path", EVERY)
def test_the_page_keeps_its_own_styles(open_page, path):
    without = open_page(path, prepare=lambda page: page.route("**/widget.js", lambda route: route.abort()))
    before = _styles_outside(without)
    page = open_page(path)
    ask(page)
    page.keyboard.press("Escape")
    assert _differences(_styles_outside(page), before) == []
    assert page.evaluate(
        "() => [document.adoptedStyleSheets.length, document.querySelectorAll('style[id*=faq]').length]"
    ) == [0, 0]


def _styles_outside(page: Page) -> list[tuple[str, dict[str, str]]]:
    page.wait_for_timeout(500)  # a theme's own scripts and transitions
    for width in (1000, 1280):  # Chromium tells the margins that `auto` made only after a second layout
        page.set_viewport_size({"width": width, "height": 900})
        page.wait_for_timeout(200)
    return page.evaluate(STYLES_OUTSIDE)


def _differences(found: list[tuple[str, dict[str, str]]], expected: list[tuple[str, dict[str, str]]]) -> list[str]:
    assert [name for name, _ in found] == [name for name, _ in expected]
    return [
        f"{name} {key}: {there[key]}, not {here[key]}"
        for (name, there), (_, here) in zip(found, expected, strict=True)
        for key in here
        if there[key] != here[key]
    ]


@pytest.mark.parametrize("path", EVERY)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_widget_has_no_accessibility_violations(open_page, path, scheme):
    page = open_page(path, color_scheme=scheme)
    assert _violations(page) == []
    ask(page)
    assert _violations(page) == []


def _violations(page: Page) -> list[str]:
    found = Axe().run(page, context={"include": ["faq-widget"]}).response["violations"]
    return [f"{one['id']}: {node['html']}" for one in found for node in one["nodes"]]


@pytest.mark.parametrize("path", EVERY)
def test_a_page_loads_less_than_2_kb_of_ours_before_the_box_is_opened(open_page, guests, path):
    replies = {}
    page = open_page(path, prepare=lambda page: page.on("response", lambda reply: replies.setdefault(reply.url, reply)))
    page.wait_for_timeout(300)
    ours = {url: len(gzip.compress(reply.body())) for url, reply in replies.items() if guests.server.url in url}
    assert list(ours) == [f"{guests.server.url}/widget.js"]
    assert sum(ours.values()) < 2_000


def test_no_cookie_is_sent_with_what_the_widget_asks(open_page, guests):
    sent = {}

    def prepare(page: Page) -> None:
        page.context.add_cookies([{"name": "session", "value": "secret", "domain": "127.0.0.1", "path": "/"}])
        page.on("request", lambda request: sent.setdefault(request.url, request))

    page = open_page("sphinx/index.html", prepare=prepare)
    ask(page)
    ours = {
        url: one for url, one in sent.items() if url.startswith(guests.server.url) and not url.endswith("widget.js")
    }
    assert len(ours) >= 5  # two modules, texts, style, a question
    assert [url for url, one in ours.items() if "cookie" in one.all_headers()] == []


def test_a_page_from_right_to_left_has_a_mirrored_box(open_page):
    page = open_page("rtl.html")
    assert opener(page).bounding_box()["x"] < 100
    ask(page)
    close, title = panel(page).locator(".panel-close").bounding_box(), panel(page).locator("h2").first.bounding_box()
    assert close["x"] < title["x"]
    assert page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize(("theme", "scheme", "ground"), [
    ("", "light", "rgb(250, 249, 246)"),
    ("", "dark", "rgb(21, 24, 27)"),
    ("dark", "light", "rgb(21, 24, 27)"),
    ("light", "dark", "rgb(250, 249, 246)"),
])  # fmt: skip
def test_the_theme_is_the_readers_or_the_one_that_the_page_names(open_page, guests, theme, scheme, ground):
    script = f'<script src="{guests.server.url}/widget.js" data-theme="{theme}"></script>'
    guests.site.write("theme.html", foreign.page(script))
    page = open_page("theme.html", color_scheme=scheme)
    opener(page).click()
    expect(panel(page)).to_have_css("background-color", ground)


def test_a_site_sets_colours_width_and_size_of_text_by_custom_properties(open_page, guests):
    style = ":root { --faq-accent: rgb(128, 0, 128); --faq-width: 500px; --faq-font-size: 20px; --faq-inset: 50px }"
    script = f'<script src="{guests.server.url}/widget.js" data-label="Help"></script>'
    guests.site.write("themed.html", foreign.page(script, head=f"<style>{style}</style>"))
    page = open_page("themed.html")
    expect(opener(page)).to_have_text("Help")
    expect(opener(page)).to_have_css("background-color", "rgb(128, 0, 128)")
    place = opener(page).bounding_box()
    assert round(1280 - place["x"] - place["width"]) == 50
    ask(page)
    expect(panel(page)).to_have_css("width", "500px")
    expect(panel(page).locator(".ask button").first).to_have_css("background-color", "rgb(128, 0, 128)")
    expect(panel(page).locator(".answer").first).to_have_css("font-size", "21.25px")


def test_in_forced_colours_the_controls_keep_their_borders(open_page):
    page = open_page("sphinx/index.html", forced_colors="active")
    ask(page)
    for part in (".ask button", ".ask-row", ".panel-close"):
        expect(panel(page).locator(part).first).to_have_css("border-top-style", "solid")
    page.keyboard.press("Escape")
    expect(opener(page)).to_have_css("border-top-style", "solid")


def test_a_phone_shows_the_whole_box(open_page):
    page = open_page("mkdocs/index.html", viewport={"width": 320, "height": 600})
    ask(page)
    assert panel(page).bounding_box()["width"] == 320
    assert panel(page).evaluate("dialog => dialog.scrollWidth <= dialog.clientWidth")


SEEN = """(inside) => {
  const node = document.querySelector('faq-widget').shadowRoot.querySelector(inside);
  const { left, right, top, bottom } = node.getBoundingClientRect();
  const { offsetLeft, offsetTop, width, height } = visualViewport;
  return { left: left - offsetLeft, right: offsetLeft + width - right, top: top - offsetTop,
           bottom: offsetTop + height - bottom, scrolled: [scrollX, scrollY] };
}"""
IS_SEEN = f"inside => {{ const seen = ({SEEN})(inside); return Math.min(seen.left, seen.right, seen.bottom) >= -1; }}"


@pytest.mark.parametrize("path", ["wide.html", "wide-rtl.html"])
@pytest.mark.parametrize(
    ("width", "height", "phone"),
    [(320, 568, False), (320, 568, True), (390, 844, True), (844, 390, True), (1280, 800, False), (3840, 2160, False)],
)
def test_on_a_page_that_overflows_sideways_it_stands_within_what_is_seen(open_page, path, width, height, phone):
    page = open_page(path, viewport={"width": width, "height": height}, is_mobile=phone, has_touch=phone)
    is_rtl = "rtl" in path
    page.evaluate("far => scrollTo(far, 200)", -700 if is_rtl else 700)
    page.wait_for_function(IS_SEEN, arg=".open")
    button = page.evaluate(SEEN, ".open")
    near, far = ("left", "right") if is_rtl else ("right", "left")
    assert 8 <= button[near] <= 40, button
    assert 8 <= button["bottom"] <= 40, button
    assert button[far] > 0, button
    opener(page).click()
    expect(box(page)).to_be_focused()
    opened = page.evaluate(SEEN, "dialog")
    assert min(opened["left"], opened["right"], opened["top"], opened["bottom"]) >= -1, opened
    assert abs(opened["left"] - opened["right"]) <= 20, opened  # a scroll bar's width
    assert opened["scrolled"] == button["scrolled"]
    box(page).fill(DOCKER_QUESTION)
    expect(answered(page)).to_be_visible()
    inside = panel(page).evaluate("node => node.scrollWidth - node.clientWidth")
    assert inside <= 0


def test_the_sentence_that_answers_is_marked_inside_the_shadow_root(open_page):
    page = open_page("sphinx/index.html")
    ask(page)
    answer = answered(page).locator(".answer")
    assert (
        answer.evaluate("node => getComputedStyle(node, '::highlight(telling)').backgroundColor")
        == "rgb(255, 241, 194)"
    )


def test_a_script_names_the_place_of_a_box_that_is_part_of_the_page(open_page, guests):
    place = '<p id="here"></p>'
    script = f'<script async src="{guests.server.url}/widget.js" data-target="#here" data-lang="en"></script>'
    guests.site.write("inline.html", foreign.page(place + script))
    page = open_page("inline.html")
    box(page).fill("docker out of shared memory")
    expect(answered(page)).to_contain_text("Answer found")
    assert page.locator("#here > faq-widget").count() == 1
    assert opener(page).count() == 0
    box(page).press("Enter")
    expect(page).to_have_url(f"{guests.site.url}/inline.html")


def test_a_pages_own_script_mounts_asks_and_removes(open_page, guests):
    script = f'<script src="{guests.server.url}/widget.js" data-manual></script>'
    guests.site.write("manual.html", foreign.page(script))
    page = open_page("manual.html")
    assert page.locator("faq-widget").count() == 0
    page.evaluate(
        "async () => { window.made = await faq.mount(document.querySelector('main'), { lang: 'en', theme: 'dark' }) }"
    )
    page.evaluate("() => made.ask('docker out of shared memory')")
    expect(answered(page)).to_contain_text("Answer found")
    assert page.locator("faq-widget .faq").get_attribute("data-theme") == "dark"
    page.evaluate("() => made.remove()")
    assert page.locator("faq-widget").count() == 0


def test_addresses_in_an_answer_lead_to_the_server(open_page, guests):
    page = open_page("sphinx/index.html")
    ask(page)
    links = answered(page).locator("a").evaluate_all("all => all.map(link => link.href)")
    assert links
    assert [link for link in links if link.startswith(guests.site.url)] == []
    assert any("/checks/" in link and link.startswith(guests.server.url) for link in links)


def test_a_site_that_is_not_on_the_list_says_so_and_leads_to_the_server(open_page, guests, tmp_path):
    with foreign.serve_site(tmp_path) as stranger:
        stranger.write("index.html", foreign.page(f'<script src="{guests.server.url}/widget.js"></script>'))
        page = open_page(f"{stranger.url}/index.html")
        opener(page).click()
        alert = page.locator("faq-widget").get_by_role("alert")
        expect(alert).to_contain_text("服务器没有允许本网站使用搜索框。")
        expect(alert.get_by_role("link")).to_have_attribute("href", f"{guests.server.url}/")
        assert _violations(page) == []
        opener(page).click()
        page.wait_for_timeout(300)
        expect(alert).to_have_count(1)
        page.close()


def test_a_server_that_is_away_is_named_and_asked_again_once_it_is_back(open_page):
    page = open_page("sphinx/index.html")
    page.context.set_offline(True)
    opener(page).click()
    expect(page.locator("faq-widget").get_by_role("alert")).to_contain_text("连不上回答问题的服务器。")
    page.context.set_offline(False)
    ask(page)
    page.context.set_offline(True)
    box(page).fill("another question")
    expect(page.locator("faq-widget .live[data-state=offline]").get_by_role("link")).to_have_text("打开搜索页")


def test_the_demo_page_of_the_documentation_works(open_page, guests):
    demo = (ROOT / "docs" / "widget-demo.html").read_text(encoding="utf-8")
    assert "http://127.0.0.1:8000" in demo
    guests.site.write("demo.html", demo.replace("http://127.0.0.1:8000", guests.server.url))
    page = open_page("demo.html")
    inline = page.locator("#inline faq-widget")
    inline.get_by_role("combobox").fill("docker out of shared memory")
    expect(inline.locator(".live[data-state=answered]")).to_be_visible()
    page.get_by_role("button", name="Dark").click()
    expect(inline.locator(".faq")).to_have_attribute("data-theme", "dark")
    floating = page.locator("body > faq-widget")
    floating.locator("button.open").click()
    expect(floating.get_by_role("combobox")).to_be_focused()


@pytest.mark.parametrize("path", ["sphinx/index.html", "strict.html"])
def test_an_answer_in_the_box_is_copied_judged_and_asked_on_about(open_page, guests, path):
    page = open_page(path, permissions=["clipboard-read", "clipboard-write"])
    ask(page)
    live = page.locator("faq-widget .live")
    live.locator(".copy").first.click()
    expect(live.get_by_role("button", name="已复制")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()").startswith("faq check run")
    with page.expect_response("**/api/v1/feedback") as sent:
        live.get_by_role("button", name="有帮助", exact=True).click()
    assert sent.value.status == 204
    expect(live.get_by_text("谢谢")).to_be_focused()
    live.get_by_label("接着问").fill("为什么会这样？")
    live.get_by_label("接着问").press("Enter")
    expect(live.locator(".earlier")).to_contain_text(DOCKER_QUESTION)
    expect(answered(page).locator(".answer")).to_contain_text("--shm-size=8g")
    box(page).fill("为什么会这样？吗")  # typed into the box itself: nothing before it counts
    expect(live.locator(".earlier")).to_have_count(0)
    expect(answered(page)).to_have_count(0)
