"""The search box that answers while the reader types, in the system's Chromium."""

from __future__ import annotations

import gzip
import json
import re
import time
from contextlib import suppress
from pathlib import Path
from urllib.parse import parse_qs, quote, urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Error, Locator, Page, Route, expect
from server_support import DOCKER_QUESTION, NEAR_QUESTION, ROOT, WEATHER_QUESTION, served

ASK = "**/api/v1/ask"
OTHER_QUESTION = "在哪里下载 PaddleClas 的预训练模型？"
PAUSE_MS = 400  # several times the debounce: what has not been asked by now never is
MARKED_TEXT = """() => {
    const shown = [...CSS.highlights.get('telling')].find(mark => mark.startContainer.isConnected);
    const range = new Range();
    range.setStart(shown.startContainer, shown.startOffset);
    range.setEnd(shown.endContainer, shown.endOffset);
    return range.toString();
}"""
# In the page: on a busy machine a letter sent from outside comes late.
TYPE_QUICKLY = """async question => {
    const box = document.querySelector('input[type=search]');
    for (const letter of question) {
        box.value += letter;
        box.dispatchEvent(new InputEvent('input', { data: letter }));
        await new Promise(resolve => setTimeout(resolve, 10));
    }
}"""
ASKED_TEXTS = """() => [...CSS.highlights.get("asked")].map((range) =>
  range.startContainer.data.slice(range.startOffset, range.endOffset))"""
WIDTHS = [320, 640, 1280, 3840]
STATES = ["empty", "recent", "typing", "answered", "active", "ambiguous", "no_answer", "error", "offline", "slow"]


def box(page: Page) -> Locator:
    return page.get_by_role("combobox")


def state(page: Page, name: str) -> Locator:
    return page.locator(f".live[data-state={name}]")


def ask(page: Page, question: str, *, until: str = "answered") -> None:
    """Type a question and wait for what it leads to; nothing is submitted."""
    box(page).fill(question)
    expect(state(page, until)).to_be_visible()


def stop_time(page: Page) -> None:
    """Let the page's time pass only as a test says: a busy machine would stretch it."""
    page.clock.install(time=0)
    page.clock.pause_at(1000)


def submit(page: Page, question: str) -> None:
    ask(page, question)
    box(page).press("Enter")


def active_option(page: Page) -> Locator:
    return page.locator("[role=option][aria-selected=true]")


def asked_questions(page: Page) -> list[str]:
    """Return a list that grows with every question the page sends."""
    asked: list[str] = []
    page.on(
        "request", lambda request: "/api/v1/ask" in request.url and asked.append(request.post_data_json["question"])
    )
    return asked


def question_in_address(page: Page) -> str:
    return parse_qs(urlsplit(page.url).query).get("q", [""])[0]


def reach(page: Page, name: str, ambiguous_question: str) -> None:
    """Bring the page into a state by its name."""
    if name == "empty":
        box(page).focus()
    elif name == "recent":
        submit(page, DOCKER_QUESTION)
        box(page).fill("")
        expect(page.locator(".recent li")).to_have_count(1)
    elif name == "active":
        ask(page, ambiguous_question, until="ambiguous")
        box(page).press("ArrowDown")
        expect(active_option(page)).to_be_visible()
    elif name == "typing":
        ask(page, DOCKER_QUESTION)
        page.route(ASK, lambda route: None)
        box(page).press("x")
        expect(state(page, "typing")).to_be_visible()
    elif name == "error":
        page.route(ASK, lambda route: route.fulfill(status=500, content_type="application/problem+json", body="{}"))
        ask(page, DOCKER_QUESTION, until="error")
    elif name == "offline":
        page.context.set_offline(True)
        ask(page, DOCKER_QUESTION, until="offline")
    elif name == "slow":
        page.route(ASK, lambda route: None)
        box(page).fill(DOCKER_QUESTION)
        expect(page.locator(".notice")).not_to_be_empty()
    else:
        ask(
            page,
            {"ambiguous": ambiguous_question, "no_answer": WEATHER_QUESTION}.get(name, DOCKER_QUESTION),
            until=name,
        )


# Typing


def test_an_answer_comes_while_typing_and_the_box_keeps_the_focus(open_page):
    page = open_page()
    box(page).press_sequentially(DOCKER_QUESTION, delay=15)
    expect(state(page, "answered").locator(".answer")).to_contain_text("--shm-size=8g")
    expect(state(page, "answered")).to_contain_text("很有把握")
    expect(box(page)).to_be_focused()
    expect(box(page)).to_have_value(DOCKER_QUESTION)


def test_letters_typed_quickly_are_one_question(open_page):
    page = open_page()
    asked = asked_questions(page)
    page.evaluate(TYPE_QUICKLY, "docker shm")
    page.wait_for_timeout(PAUSE_MS)
    assert asked == ["docker shm"]


def test_the_answer_looks_as_the_page_without_javascript_shows_it(open_page):
    live, plain = open_page(), open_page(f"/?q={DOCKER_QUESTION}")
    ask(live, DOCKER_QUESTION)
    parts = [".state", "h2", ".answer", ".checks", ".source"]
    shown = [[" ".join(page.locator(f".card {part}").inner_text().split()) for part in parts] for page in (live, plain)]
    assert shown[0] == shown[1]


def test_the_sentence_that_answers_is_marked(open_page, server):
    page = open_page()
    ask(page, DOCKER_QUESTION)
    box(page).press("ArrowDown")  # draws the card again
    sentence = server.ask(DOCKER_QUESTION).json["answers"][0]["highlight"]["text"]
    marked = page.evaluate(MARKED_TEXT)
    assert "".join(marked.split()) == "".join(sentence.split())


def test_what_was_answered_stays_until_there_is_something_better(open_page):
    page = open_page()
    ask(page, DOCKER_QUESTION)
    box(page).press("ArrowDown")
    page.route(ASK, lambda route: None)
    box(page).press("x")
    expect(state(page, "typing").locator(".answer")).to_contain_text("--shm-size=8g")
    expect(active_option(page)).to_have_count(0)
    expect(page.locator(".live")).to_have_attribute("aria-busy", "true")


def test_nothing_is_asked_while_an_input_method_composes(open_page):
    page = open_page()
    asked = asked_questions(page)
    box(page).focus()
    keyboard = page.context.new_cdp_session(page)
    for letters in ("x", "xu", "xun", "xunl"):
        keyboard.send("Input.imeSetComposition", {"text": letters, "selectionStart": len(letters), "selectionEnd": 0})
        page.wait_for_timeout(PAUSE_MS)
    assert asked == []
    keyboard.send("Input.insertText", {"text": "训练"})
    page.wait_for_timeout(PAUSE_MS)
    assert asked == ["训练"]


def test_a_word_that_a_phone_composes_is_searched_while_it_is_spelled(open_page):
    page = open_page(locale="en-GB")
    asked = asked_questions(page)
    box(page).evaluate(
        """(input) => {
            const fire = (kind, name, more) => input.dispatchEvent(new kind(name, { bubbles: true, ...more }));
            input.focus();
            for (const text of ["do", "dock", "docker"]) {
                fire(KeyboardEvent, "keydown", { key: "Unidentified", keyCode: 229 });
                if (text === "do") fire(CompositionEvent, "compositionstart", { data: "" });
                fire(CompositionEvent, "compositionupdate", { data: text });
                input.value = text;
                fire(InputEvent, "input", { data: text, isComposing: true, inputType: "insertCompositionText" });
            }
        }"""
    )
    page.wait_for_timeout(PAUSE_MS)
    assert asked == ["docker"]


def test_an_address_keeps_the_language_that_was_chosen_once(open_page):
    page = open_page("/?lang=zh", locale="en-GB")
    ask(page, DOCKER_QUESTION)
    query = parse_qs(urlsplit(page.url).query)
    assert query == {"lang": ["zh"], "q": [DOCKER_QUESTION]}
    page.reload()
    expect(page.locator("html")).to_have_attribute("lang", re.compile("^zh"))


def test_keys_of_an_input_method_choose_nothing(open_page, ambiguous_question):
    page = open_page()
    ask(page, ambiguous_question, until="ambiguous")
    box(page).dispatch_event("keydown", {"key": "ArrowDown", "keyCode": 229, "isComposing": True})
    box(page).dispatch_event("keydown", {"key": "Escape", "keyCode": 229, "isComposing": True})
    expect(active_option(page)).to_have_count(0)
    expect(box(page)).to_have_attribute("aria-expanded", "true")


def test_a_reply_that_comes_too_late_is_never_shown(open_page):
    page = open_page()
    held: list[Route] = []

    def hold_the_first(route: Route) -> None:
        held.append(route) if not held else route.continue_()

    page.route(ASK, hold_the_first)
    box(page).fill(DOCKER_QUESTION)
    page.wait_for_timeout(PAUSE_MS)
    ask(page, OTHER_QUESTION)
    with suppress(Error):  # the page no longer waits for it
        held[0].continue_()
    page.wait_for_timeout(PAUSE_MS)
    expect(state(page, "answered").locator(".card h2")).to_contain_text("PaddleClas")


def test_counts_are_announced_once_the_reader_pauses(open_page):
    page = open_page()
    stop_time(page)
    box(page).fill(DOCKER_QUESTION)
    page.clock.run_for(PAUSE_MS)
    expect(state(page, "answered")).to_be_visible()
    expect(page.get_by_role("status")).to_be_empty()
    page.clock.run_for(PAUSE_MS * 2)
    expect(page.get_by_role("status")).to_contain_text("找到答案 共")


def test_markup_in_a_question_stays_text(open_page):
    page = open_page()
    evil = "<img src=x onerror=alert(1)><script>alert(1)</script>"
    ask(page, evil, until="no_answer")
    expect(state(page, "no_answer")).to_contain_text("<img src=x")
    expect(page.locator(".live img, .live script")).to_have_count(0)
    box(page).press("Enter")
    box(page).fill("")
    expect(page.locator(".recent")).to_contain_text(evil)
    expect(page.locator(".live img, .live script")).to_have_count(0)


# Keyboard, mouse, touch


def test_a_reader_with_a_keyboard_finds_chooses_opens_and_comes_back(open_page):
    page = open_page()
    page.keyboard.press("/")
    expect(box(page)).to_be_focused()
    page.keyboard.type(DOCKER_QUESTION)
    expect(state(page, "answered")).to_be_visible()
    expect(box(page)).to_have_attribute("aria-expanded", "false")  # one answer: nothing to choose
    page.keyboard.press("ArrowDown")
    expect(page.locator(".card h2 a")).to_be_focused()
    page.keyboard.press("Enter")
    page.wait_for_url("**/q/faq_2021_s1/Q1.3?q=*")
    page.go_back()
    expect(box(page)).to_have_value(DOCKER_QUESTION)
    expect(page.locator(".answer")).to_contain_text("--shm-size=8g")


def test_arrows_home_and_end_walk_the_choices_and_show_their_answers(open_page, ambiguous_question):
    page = open_page()
    ask(page, ambiguous_question, until="ambiguous")
    options = page.get_by_role("option")
    last = options.count() - 1
    for key, position in [
        ("ArrowDown", 0),
        ("ArrowDown", 1),
        ("End", last),
        ("ArrowDown", 0),
        ("ArrowUp", last),
        ("Home", 0),
    ]:
        box(page).press(key)
        expect(options.nth(position)).to_have_attribute("aria-selected", "true")
        expect(active_option(page)).to_have_count(1)
        expect(page.locator(".live .card h2")).to_have_text(options.nth(position).locator(".choice").inner_text())
    box(page).press("ArrowLeft")
    expect(active_option(page)).to_have_count(0)


def test_shift_enter_opens_a_choice_in_a_new_tab(open_page, ambiguous_question):
    page = open_page()
    ask(page, ambiguous_question, until="ambiguous")
    box(page).press("ArrowDown")
    assert box(page).get_attribute("aria-activedescendant") == active_option(page).get_attribute("id")
    with page.context.expect_page() as opened:
        box(page).press("Shift+Enter")
    opened.value.wait_for_url("**/q/**?q=*")
    expect(box(page)).to_be_focused()


def test_escape_closes_and_then_clears(open_page, ambiguous_question):
    page = open_page()
    ask(page, ambiguous_question, until="ambiguous")
    box(page).press("Escape")
    expect(page.get_by_role("listbox")).to_be_hidden()
    expect(box(page)).to_have_attribute("aria-expanded", "false")
    expect(box(page)).to_have_value(ambiguous_question)
    box(page).press("Escape")
    expect(box(page)).to_have_value("")
    expect(page.get_by_role("heading", name="全部问题")).to_be_visible()
    assert urlsplit(page.url).query == ""


@pytest.mark.parametrize("keys", ["Control+k", "Meta+k"])
def test_the_box_is_one_key_away_with_its_text_selected(open_page, keys):
    page = open_page(f"/?q={DOCKER_QUESTION}")
    page.keyboard.press(keys)
    expect(box(page)).to_be_focused()
    assert page.evaluate("getSelection().toString()") == DOCKER_QUESTION


def test_a_slash_in_the_box_is_a_letter(open_page):
    page = open_page()
    box(page).press_sequentially("a/b")
    expect(box(page)).to_have_value("a/b")


def test_the_arrow_key_opens_choices_that_came_with_the_page(open_page, ambiguous_question):
    page = open_page(f"/?q={ambiguous_question}")
    box(page).press("ArrowDown")
    expect(page.get_by_role("option").first).to_be_visible()


def test_a_reader_with_a_mouse_opens_a_choice(open_page):
    page = open_page()
    ask(page, NEAR_QUESTION, until="no_answer")
    first = page.get_by_role("option").first
    asked = first.locator(".choice").inner_text()
    with page.context.expect_page() as opened:
        first.click(button="middle")
    opened.value.close()
    first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text(asked)


def test_a_reader_with_a_finger_opens_a_choice(open_page, ambiguous_question):
    page = open_page(width=390, has_touch=True, is_mobile=True)
    box(page).tap()
    ask(page, ambiguous_question, until="ambiguous")
    page.get_by_role("option").first.tap()
    page.wait_for_url("**/q/**?q=*")


def test_an_answer_stands_alone_and_choices_below_it(open_page, server):
    question = "docker 里 dataloader 报错怎么办，另外各类别图片数量不均衡怎么办？"
    others = server.ask(question).json.get("others", [])
    page = open_page()
    ask(page, DOCKER_QUESTION)
    expect(page.get_by_role("listbox")).to_be_hidden()
    box(page).fill(question)
    if others:
        expect(page.get_by_role("option").first).to_be_visible()
        assert page.locator(".live .card").bounding_box()["y"] < page.get_by_role("option").first.bounding_box()["y"]


def test_the_words_asked_with_are_set_off_in_choices(open_page, ambiguous_question):
    page = open_page()
    ask(page, ambiguous_question, until="ambiguous")
    typed = set(page.evaluate(ASKED_TEXTS))
    assert typed
    assert all(word.lower() in ambiguous_question.lower() for word in typed)
    page.goto(f"/?q={quote(ambiguous_question)}")
    assert set("".join(page.locator(".choice b, .snippet b").all_inner_texts())) == set("".join(typed))


def test_an_answer_page_keeps_its_address_while_its_box_answers(open_page):
    page = open_page("/q/faq_2021_s1/Q1.4")
    ask(page, DOCKER_QUESTION)
    assert page.url.endswith("/q/faq_2021_s1/Q1.4")
    box(page).press("Enter")
    page.wait_for_url("**/?q=*")
    assert question_in_address(page) == DOCKER_QUESTION


# History, addresses, recent questions


def test_the_address_of_a_typed_question_can_be_shared(open_page):
    page = open_page()
    steps = page.evaluate("history.length")
    ask(page, DOCKER_QUESTION)
    assert question_in_address(page) == DOCKER_QUESTION
    assert page.evaluate("history.length") == steps
    page.reload()
    expect(page.locator("[data-status=answered]")).to_contain_text("--shm-size=8g")


def test_back_and_forward_walk_through_the_questions_asked(open_page):
    page = open_page()
    submit(page, DOCKER_QUESTION)
    submit(page, OTHER_QUESTION)
    page.go_back()
    expect(box(page)).to_have_value(DOCKER_QUESTION)
    expect(state(page, "answered").locator(".answer")).to_contain_text("--shm-size=8g")
    page.go_back()
    expect(box(page)).to_have_value("")
    expect(page.get_by_role("heading", name="全部问题")).to_be_visible()
    page.go_forward()
    page.go_forward()
    expect(state(page, "answered").locator(".card h2")).to_contain_text("PaddleClas")


def test_emptying_the_box_brings_the_questions_by_topic_back(open_page):
    page = open_page(f"/?q={DOCKER_QUESTION}")
    box(page).fill("")
    expect(page.get_by_role("heading", name="全部问题")).to_be_visible()
    expect(page.locator("[data-status=answered]")).to_have_count(0)


def test_recent_questions_are_shown_asked_again_removed_and_cleared(open_page):
    page = open_page()
    submit(page, DOCKER_QUESTION)
    submit(page, OTHER_QUESTION)
    box(page).fill("")
    recent = page.locator(".recent li")
    expect(recent).to_have_text([OTHER_QUESTION + "×", DOCKER_QUESTION + "×"])
    page.get_by_role("button", name=DOCKER_QUESTION, exact=True).click()
    expect(state(page, "answered").locator(".answer")).to_contain_text("--shm-size=8g")
    expect(box(page)).to_be_focused()
    box(page).fill("")
    page.get_by_role("button", name=f"删除：{DOCKER_QUESTION}").click()
    expect(recent).to_have_text([OTHER_QUESTION + "×"])
    page.get_by_role("button", name="全部清除").click()
    expect(recent).to_have_count(0)
    expect(box(page)).to_be_focused()


def test_recent_questions_are_few_stay_here_and_reach_the_other_tab(open_page):
    page = open_page()
    for number in range(10):
        box(page).fill(f"docker {number}")
        box(page).press("Enter")
    other = page.context.new_page()
    asked = asked_questions(other)
    other.goto("/")
    box(other).focus()
    expect(other.locator(".recent li")).to_have_count(8)
    expect(other.locator(".recent li").first).to_contain_text("docker 9")
    assert asked == []


def test_a_browser_that_refuses_storage_searches_all_the_same(open_page):
    refuse = "Object.defineProperty(window, 'localStorage', {get() { throw new DOMException('', 'SecurityError') }})"
    page = open_page(init=refuse)
    box(page).focus()
    submit(page, DOCKER_QUESTION)
    expect(state(page, "answered").locator(".answer")).to_contain_text("--shm-size=8g")
    box(page).fill("")
    expect(page.locator(".recent")).to_have_count(0)


# States


def test_choices_are_offered_when_none_is_sure(open_page, ambiguous_question):
    page = open_page()
    ask(page, ambiguous_question, until="ambiguous")
    expect(page.get_by_role("heading", name="你想问的是这个吗？")).to_be_visible()
    assert page.get_by_role("option").count() >= 2
    expect(page.locator(".live .card")).to_have_count(0)


def test_no_answer_says_what_was_understood_and_what_is_near(open_page, server):
    page = open_page()
    ask(page, f"  {NEAR_QUESTION}  ", until="no_answer")
    understood = server.ask(NEAR_QUESTION).json["question"]
    expect(state(page, "no_answer")).to_contain_text(f"系统理解的问题：{understood}")
    expect(page.get_by_role("option").first).to_be_visible()


def test_a_question_without_words_is_asked_for_words(open_page):
    page = open_page()
    ask(page, "???", until="no_answer")
    expect(state(page, "no_answer")).to_contain_text("问题里没有可以搜索的文字")


@pytest.mark.parametrize(("status", "told"), [(500, "已记入日志"), (503, "服务器正忙"), (429, "请稍后再试")])
def test_an_error_is_told_in_words_and_tried_again(open_page, status, told):
    page = open_page()
    problem = json.dumps({"type": "about:blank", "title": "x", "status": status, "detail": "x"})
    page.route(ASK, lambda route: route.fulfill(status=status, content_type="application/problem+json", body=problem))
    ask(page, DOCKER_QUESTION, until="error")
    expect(state(page, "error")).to_contain_text(told)
    page.unroute(ASK)
    page.get_by_role("button", name="再试一次").click()
    expect(state(page, "answered").locator(".answer")).to_contain_text("--shm-size=8g")
    expect(box(page)).to_be_focused()


def test_a_question_that_the_server_refuses_is_an_error(open_page):
    page = open_page()
    box(page).evaluate("input => input.removeAttribute('maxlength')")
    ask(page, "x" * 70_000, until="error")
    expect(state(page, "error")).to_contain_text("出错了")


def test_a_question_typed_offline_is_answered_once_there_is_a_connection(open_page):
    page = open_page()
    page.context.set_offline(True)
    ask(page, DOCKER_QUESTION, until="offline")
    expect(state(page, "offline")).to_contain_text("你现在没有联网")
    expect(box(page)).to_have_value(DOCKER_QUESTION)
    page.context.set_offline(False)
    expect(state(page, "answered").locator(".answer")).to_contain_text("--shm-size=8g")


def test_a_server_stopped_midway_is_told_and_what_was_typed_is_kept(open_page, kb_folder: Path):
    with served(kb_folder) as stopping:
        page = open_page(stopping.url)
        ask(page, DOCKER_QUESTION)
        stopping.terminate()
    ask(page, OTHER_QUESTION, until="offline")
    expect(state(page, "offline")).to_contain_text("连不上服务器")
    expect(box(page)).to_have_value(OTHER_QUESTION)
    expect(box(page)).to_be_focused()


def test_a_slow_server_gets_a_quiet_notice_that_goes_away(open_page):
    page = open_page()
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route(ASK, hold)
    stop_time(page)
    box(page).fill(DOCKER_QUESTION)
    page.clock.run_for(PAUSE_MS)
    expect(page.locator(".notice")).to_be_empty()
    page.clock.run_for(PAUSE_MS * 2)
    expect(page.locator(".notice")).to_have_text("还在查找，请稍候…")
    expect(page.get_by_role("heading", name="全部问题")).to_be_visible()
    held[0].continue_()
    expect(state(page, "answered")).to_be_visible()
    expect(page.locator(".notice")).to_be_empty()


# How it looks, what it weighs


@pytest.mark.parametrize("name", STATES)
def test_no_state_scrolls_sideways(open_page, ambiguous_question, name):
    page = open_page(width=WIDTHS[0])
    reach(page, name, ambiguous_question)
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 800})
        for direction in ("rtl", "ltr"):
            page.evaluate("direction => document.documentElement.dir = direction", direction)
            assert page.evaluate("document.documentElement.scrollWidth") <= width, direction


@pytest.mark.parametrize("width", [320, 1280])
def test_the_box_stays_where_it_is_while_results_come_and_go(open_page, ambiguous_question, width):
    page = open_page(width=width)
    places = [box(page).bounding_box()]
    for name in ("answered", "ambiguous", "no_answer", "slow"):
        reach(page, name, ambiguous_question)
        places.append(box(page).bounding_box())
    assert places == places[:1] * 5


def test_the_active_choice_shows_in_forced_colours(open_page, ambiguous_question):
    page = open_page(forced_colors="active")
    reach(page, "active", ambiguous_question)
    assert active_option(page).evaluate("option => getComputedStyle(option).outlineStyle") == "solid"


@pytest.mark.parametrize("name", STATES)
def test_axe_finds_nothing_in_any_state(open_page, ambiguous_question, name):
    page = open_page(bypass_csp=True)
    reach(page, name, ambiguous_question)
    for scheme, forced in (("light", "none"), ("dark", "none"), ("light", "active")):
        page.emulate_media(color_scheme=scheme, forced_colors=forced)
        assert violations(page) == [], (scheme, forced)


@pytest.mark.parametrize("path", [f"/?q={DOCKER_QUESTION}", f"/?q={WEATHER_QUESTION}", "/q/faq_2021_s1/Q1.3", "/no"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_on_any_page(open_page, path, scheme):
    assert violations(open_page(path, bypass_csp=True, color_scheme=scheme)) == []


def test_axe_finds_nothing_on_topics_open_forms_and_thanks(open_page):
    page = open_page(bypass_csp=True)
    page.locator(".group h3 a").first.click()
    expect(page.locator("h1")).to_contain_text("第1期")
    assert violations(page) == []
    page.goto("/q/faq_2021_s1/Q1.3?q=docker")
    page.get_by_text("没有帮助").click()
    assert violations(page) == []
    page.get_by_role("button", name="发送").click()
    expect(page.get_by_text("谢谢")).to_be_focused()
    assert violations(page) == []
    page.goto("/feedback?q=docker")
    assert violations(page) == []


def violations(page: Page) -> list[str]:
    found = Axe().run(page).response["violations"]
    return [f"{one['id']}: {node['html']}" for one in found for node in one["nodes"]]


def test_module_and_style_sheet_weigh_14_kb_at_most():
    files = [ROOT / "server" / "pages" / "static" / name for name in ("search.js", "style.css")]
    assert sum(len(gzip.compress(file.read_bytes())) for file in files) <= 14_000


@pytest.mark.parametrize("path", ["/", f"/?q={DOCKER_QUESTION}", "/q/faq_2021_s1/Q1.3"])
def test_a_page_with_all_it_loads_weighs_40_kb_at_most_and_asks_nobody_else(browser, server, path):
    context = browser.new_context(base_url=server.url)
    replies, reported = {}, []
    page = context.new_page()
    page.on("response", lambda reply: replies.setdefault(reply.url, reply))  # the icon comes again from the cache
    page.on("console", lambda message: reported.append(message.text))
    page.on("pageerror", lambda error: reported.append(str(error)))
    page.goto(path)
    ask(page, "docker out of shared memory")
    weights = {url: len(gzip.compress(reply.body())) for url, reply in replies.items()}
    assert [url for url in weights if not url.startswith(server.url)] == []
    assert reported == []
    assert len(weights) <= 6, weights  # page, style, two modules, icon, answer
    assert sum(weights.values()) <= 40_000, weights
    context.close()


# A conversation


@pytest.mark.parametrize("script", [True, False])
def test_a_follow_up_below_an_answer_is_understood_by_it(open_page, script):
    page = open_page(f"/?q={DOCKER_QUESTION}", java_script_enabled=script)
    if script:
        ask(page, DOCKER_QUESTION + "？")
    field = page.get_by_label("接着问").locator("visible=true")
    field.fill("为什么会这样？")
    field.press("Enter")
    expect(page.get_by_text("刚才的提问")).to_be_visible()
    expect(page.locator("[data-served] .answer")).to_contain_text("--shm-size=8g")
    assert violations(page) == [] if script else True


def test_prompts_below_an_answer_lead_to_its_topic_and_a_new_question_clears_the_conversation(open_page):
    page = open_page(f"/?q=为什么会这样？&after={DOCKER_QUESTION}")
    expect(page.get_by_text("刚才的提问")).to_be_visible()
    ask(page, DOCKER_QUESTION)
    expect(page.get_by_text("刚才的提问")).to_be_hidden()
    assert "after=" not in page.url
    expect(page.locator(".live .prompts a")).not_to_have_count(0)
    page.locator(".live .prompts a").first.click()
    page.wait_for_url("**/q/**")


# What is recorded


def test_what_is_typed_on_the_way_is_no_question_and_what_stands_is_one(open_page, store):
    page = open_page()
    page.evaluate(TYPE_QUICKLY, WEATHER_QUESTION[:4])
    page.wait_for_timeout(PAUSE_MS)
    ask(page, WEATHER_QUESTION, until="no_answer")
    until = time.monotonic() + 20
    while not store.questions.without_answer() and time.monotonic() < until:
        page.wait_for_timeout(200)
    box(page).press("Enter")  # the same once more, sent
    page.wait_for_timeout(2_000)
    assert [(each.question, each.times) for each in store.questions.without_answer()] == [(WEATHER_QUESTION, 1)]
