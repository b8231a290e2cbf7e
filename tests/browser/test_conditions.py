"""The site under what readers bring: slow lines, other tabs, one input device, zoom, spacing, colours of their own."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, Page, expect
from server_support import DOCKER_QUESTION, WEATHER_QUESTION

OTHER_QUESTION = "在哪里下载 PaddleClas 的预训练模型？"
RECORD = "/q/faq_2021_s1/Q1.3"
PAGES = {
    "start": "/",
    "answered": f"/?q={DOCKER_QUESTION}",
    "no_answer": f"/?q={WEATHER_QUESTION}",
    "answer": RECORD,
    "table": "/q/faq_2021_s1/Q1.5",
    "thanks": f"/feedback?q={DOCKER_QUESTION}",
    "error": "/no",
}
WIDTHS = [320, 390, 768, 1280, 1920, 3840]
every_page = pytest.mark.parametrize("path", PAGES.values(), ids=PAGES)

# WCAG 1.4.12: what a reader may set without losing anything.
TEXT_SPACING = """() => {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync('* { line-height: 1.5 !important; letter-spacing: 0.12em !important;'
    + ' word-spacing: 0.16em !important } p { margin-bottom: 2em !important }');
  document.adoptedStyleSheets = [sheet];
}"""
# Elements with text of their own that is cut off at their edge, or at that of the window; one line of a choice may end
# in an ellipsis, and code scrolls.
CUT_OFF = """() => {
  const cut = [];
  for (const one of document.querySelectorAll('body *')) {
    if (!one.checkVisibility() || one.closest('.unseen, .skip, pre, .snippet, .hits-short .choice, svg')) continue;
    const said = [...one.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
    const { left, right } = one.getBoundingClientRect();
    const hides = getComputedStyle(one).overflow === 'hidden';
    const scrolls = one.closest('.answer table') !== null;
    if (said && ((hides && (one.scrollWidth > one.clientWidth + 1 || one.scrollHeight > one.clientHeight + 1))
      || (!scrolls && (left < -0.5 || right > innerWidth + 0.5)))) cut.push(one.outerHTML.slice(0, 200));
  }
  return cut;
}"""
# WCAG 2.5.8: 24 by 24 CSS pixels, or so far from the next target that circles of 24 do not meet; links in a sentence
# and what the browser draws itself are excepted.
SMALL_TARGETS = """() => {
  const all = [...document.querySelectorAll('a[href], button, input:not([type=hidden]), summary, textarea')]
    .filter((one) => one.checkVisibility() && !one.closest('.answer') && !one.matches('.skip'));
  const area = (one) => (one.closest('label') ?? one).getBoundingClientRect();
  const centre = ({ x, y, width, height }) => [x + width / 2, y + height / 2];
  const meets = (one) => {
    const [x, y] = centre(area(one));
    return all.some((other) => {
      if (other === one) return false;
      const box = area(other);
      const [dx, dy] = [Math.max(box.left - x, 0, x - box.right), Math.max(box.top - y, 0, y - box.bottom)];
      return Math.hypot(dx, dy) < 12;
    });
  };
  return all.filter((one) => Math.min(area(one).width, area(one).height) < 24 && meets(one))
    .map((one) => `${Math.round(area(one).width)}x${Math.round(area(one).height)} ${one.outerHTML.slice(0, 150)}`);
}"""
# What has the focus: how it looks, and whether anything lies over it.
FOCUSED = """() => {
  const one = document.activeElement;
  if (!one || one === document.body) return null;
  const style = getComputedStyle(one.closest(".ask-row:not(:has(button:focus))") ?? one); // the field around the input
  const box = one.getClientRects()[0];
  const [x, y] = [box.left + box.width / 2, box.top + box.height / 2];
  const over = document.elementFromPoint(x, y);
  const inside = x >= 0 && y >= 0 && x <= innerWidth && y <= innerHeight;
  const name = one.outerHTML.slice(0, 150);
  return { name, isOutlined: style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2,
    isClear: inside && (one.contains(over) || over?.contains(one) === true) };
}"""
FOCUSABLE = "a[href], button, input:not([type=hidden]), textarea, summary"
MOVING = """() => document.getAnimations().length + [...document.querySelectorAll('*')].filter((one) => {
  const { transitionDuration, animationName } = getComputedStyle(one);
  return animationName !== 'none' || transitionDuration.split(',').some((time) => parseFloat(time) > 0.001);
}).length"""


def box(page: Page) -> Locator:
    return page.locator("#question")


def state(page: Page, name: str) -> Locator:
    return page.locator(f".live[data-state={name}]")


# Lines and tabs


def test_a_slow_line_brings_a_notice_and_then_the_answer(open_page):
    page = open_page()
    line = page.context.new_cdp_session(page)
    slow = {"offline": False, "latency": 1500, "downloadThroughput": 20_000, "uploadThroughput": 20_000}
    line.send("Network.enable")
    line.send("Network.emulateNetworkConditions", slow)
    box(page).press_sequentially(DOCKER_QUESTION)
    expect(page.locator(".notice")).to_have_text("还在查找，请稍候…")
    expect(state(page, "answered").locator(".answer")).to_contain_text("--shm-size=8g", timeout=15_000)
    expect(page.locator(".notice")).to_be_empty()
    expect(box(page)).to_be_focused()


def test_a_page_that_comes_slowly_can_be_typed_into_before_its_script_is_there(open_page):
    page = open_page("/no")
    page.route("**/search.js*", lambda route: (page.wait_for_timeout(500), route.continue_()))
    page.goto("/", wait_until="commit")
    box(page).press_sequentially("docker shm", delay=5)
    expect(box(page)).to_have_value("docker shm")
    expect(box(page)).to_have_attribute("role", "combobox")
    expect(box(page)).to_have_value("docker shm")


def test_two_tabs_keep_the_recent_questions_of_both(open_page):
    first = open_page()
    second = first.context.new_page()
    second.goto("/")
    for page, question in ((first, DOCKER_QUESTION), (second, OTHER_QUESTION), (first, WEATHER_QUESTION)):
        box(page).fill(question)
        box(page).press("Enter")
    for page in (first, second):
        box(page).fill("")
        expect(page.locator(".recent .again-ask")).to_have_text([WEATHER_QUESTION, OTHER_QUESTION, DOCKER_QUESTION])
    second.get_by_role("button", name=f"删除：{DOCKER_QUESTION}").click()
    box(first).fill("x")
    box(first).fill("")
    expect(first.locator(".recent .again-ask")).to_have_text([WEATHER_QUESTION, OTHER_QUESTION])


# From the question to the answer, to feedback, and back, with one device


def test_the_whole_way_with_the_keyboard(open_page):
    page = open_page()
    page.keyboard.press("/")
    page.keyboard.type(DOCKER_QUESTION)
    expect(state(page, "answered")).to_be_visible()
    page.keyboard.press("ArrowDown")  # to the question above the answer
    page.keyboard.press("Enter")
    page.wait_for_url(f"**{RECORD}?q=**")
    tab_to(page, "有帮助")
    page.keyboard.press("Enter")
    expect(page.get_by_text("谢谢")).to_be_focused()
    tab_to(page, "全部问题")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="全部问题")).to_be_visible()


def tab_to(page: Page, name: str) -> None:
    """Press Tab until something with this text has the focus."""
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.textContent.trim()").startswith(name):
            return
    pytest.fail(f"Tab never reaches {name}")


def test_the_whole_way_with_the_mouse(open_page):
    page = open_page()
    page.get_by_role("link", name="Blocking queue is killed").first.click()
    page.get_by_text("没有帮助").click()
    page.get_by_label("过时了").click()
    page.get_by_role("button", name="发送").click()
    expect(page.get_by_text("谢谢")).to_be_visible()
    page.get_by_role("link", name="全部问题").click()
    expect(page.get_by_role("heading", name="全部问题")).to_be_visible()


def test_the_whole_way_with_a_finger(open_page):
    page = open_page(width=390, has_touch=True, is_mobile=True)
    box(page).tap()
    page.keyboard.insert_text(DOCKER_QUESTION)  # as a keyboard on the screen does
    page.locator(".card h2 a").tap()
    page.wait_for_url(f"**{RECORD}?q=**")
    page.get_by_role("button", name="有帮助", exact=True).tap()
    expect(page.get_by_text("谢谢")).to_be_visible()
    page.get_by_role("link", name="全部问题").tap()
    expect(page.get_by_role("heading", name="全部问题")).to_be_visible()


def test_the_whole_way_without_javascript(open_page):
    page = open_page(java_script_enabled=False)
    box(page).fill(DOCKER_QUESTION)
    page.locator(".ask button").click()
    page.get_by_role("link", name="固定链接").click()
    page.get_by_role("button", name="有帮助", exact=True).click()
    expect(page.get_by_role("heading", name="谢谢")).to_be_visible()
    page.get_by_role("link", name="返回").click()
    expect(page.locator(".answer")).to_contain_text("--shm-size=8g")


# Size, spacing, colours, motion


@every_page
@pytest.mark.parametrize(
    "look", [{}, {"color_scheme": "dark"}, {"forced_colors": "active"}], ids=["light", "dark", "forced"]
)
def test_every_page_fits_every_width(open_page, path, look):
    page = open_page(path, **look)
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert page.evaluate(CUT_OFF) == [], width


@every_page
def test_every_page_can_be_read_at_200_and_400_percent(open_page, path):
    for width, height, scale in ((640, 400, 2), (320, 200, 4)):
        page = open_page(path, width=width, height=height, device_scale_factor=scale)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert page.evaluate(CUT_OFF) == []


def test_answers_while_typing_can_be_read_at_200_percent(open_page):
    page = open_page(width=640, height=400, device_scale_factor=2)
    box(page).fill(DOCKER_QUESTION)
    expect(state(page, "answered")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 640
    assert page.evaluate(CUT_OFF) == []


@every_page
@pytest.mark.parametrize("width", [320, 1280])
def test_nothing_is_lost_with_wider_spacing(open_page, path, width):
    page = open_page(path, width=width)
    page.evaluate(TEXT_SPACING)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.evaluate(CUT_OFF) == []


@every_page
@pytest.mark.parametrize("width", [320, 1280])
def test_every_target_is_24_pixels_or_stands_apart(open_page, path, width):
    page = open_page(path, width=width)
    for summary in page.locator("summary").all():
        summary.click()
    assert page.evaluate(SMALL_TARGETS) == []


def test_targets_among_answers_while_typing_are_24_pixels(open_page):
    page = open_page(width=390)
    box(page).fill(DOCKER_QUESTION)
    expect(state(page, "answered")).to_be_visible()
    assert page.evaluate(SMALL_TARGETS) == []
    box(page).press("Enter")
    box(page).fill("")
    expect(page.locator(".recent li")).to_have_count(1)
    assert page.evaluate(SMALL_TARGETS) == []


@every_page
@pytest.mark.parametrize(
    "look", [{}, {"color_scheme": "dark"}, {"forced_colors": "active"}], ids=["light", "dark", "forced"]
)
def test_the_focus_is_seen_and_covered_by_nothing_wherever_it_is(open_page, path, look):
    page = open_page(path, height=500, **look)
    unfocused = page.locator(FOCUSABLE).evaluate_all("all => all.filter(one => one.checkVisibility()).length")
    seen = []
    for _ in range(min(unfocused, 80)):
        page.keyboard.press("Tab")
        focused = page.evaluate(FOCUSED)
        assert focused is not None, f"lost after {seen[-1:]}"
        assert focused["isOutlined"], focused
        assert focused["isClear"], focused
        seen.append(focused["name"])
    assert len(set(seen)) > 1 or unfocused == 1


def test_the_focus_is_never_lost_to_the_body(open_page):
    page = open_page()
    steps = (
        lambda: page.keyboard.press("/"),
        lambda: page.keyboard.type(DOCKER_QUESTION),
        lambda: expect(state(page, "answered")).to_be_visible(),
        lambda: page.keyboard.press("ArrowDown"),
        lambda: page.keyboard.press("Escape"),
        lambda: page.keyboard.press("Enter"),
        lambda: page.keyboard.press("Escape"),
        lambda: page.keyboard.press("ArrowDown"),  # to the recent question
        lambda: page.keyboard.press("Enter"),
        lambda: expect(state(page, "answered")).to_be_visible(),
        lambda: box(page).fill(""),
        lambda: page.locator("[data-forget]").press("Enter"),
    )
    for number, step in enumerate(steps):
        step()
        assert page.evaluate("document.activeElement !== document.body"), number


@every_page
def test_nothing_moves_for_a_reader_who_wants_no_motion(open_page, path):
    page = open_page(path, reduced_motion="reduce")
    assert page.evaluate(MOVING) == 0
    if box(page).count():
        box(page).fill(OTHER_QUESTION)
        expect(state(page, "answered")).to_be_visible()
        assert page.evaluate(MOVING) == 0
