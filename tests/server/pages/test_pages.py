"""The pages as their HTML: three states, two languages, one address an answer."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator
from itertools import islice
from urllib.parse import quote, quote_plus

import pytest
from flask.testing import FlaskClient
from server_support import DOCKER_QUESTION, NEAR_QUESTION, WEATHER_QUESTION, make_record

from faqkb.kb.building.build import build_snapshot
from faqkb.server.answering.leases import EXTENSION
from faqkb.server.app import create_app
from faqkb.server.feedback import judging
from faqkb.server.wording.spoken import WORDINGS

CHINESE, ENGLISH = WORDINGS["zh"], WORDINGS["en"]
CHINESE_READER = {"Accept": "text/html", "Accept-Language": "zh-CN,zh;q=0.9,en;q=0.8"}
ENGLISH_READER = {"Accept": "text/html", "Accept-Language": "en-GB,en;q=0.9"}


def page(client: FlaskClient, path: str, question: str = "", reader: dict = CHINESE_READER) -> str:
    reply = client.get(path, query_string={"q": question} if question else None, headers=reader)
    assert (reply.status_code, reply.content_type) == (200, "text/html; charset=utf-8")
    return html.unescape(reply.text)


def fragments(client: FlaskClient) -> Iterator[str]:
    """Yield cuttings of the stored questions: whatever the calibration, some of them fit nothing well."""
    for record in client.get("/api/v1/records?limit=200").get_json()["records"]:
        for text in (record["question"], *record["alternates"]):
            yield from (text[start : start + 8] for start in range(0, len(text), 5))


def is_ambiguous(client: FlaskClient, question: str) -> bool:
    return client.post("/api/v1/ask", json={"question": question}).get_json()["status"] == "ambiguous"


def test_the_start_page_lists_every_question_with_its_address(client):
    text = page(client, "/")
    records = client.get("/api/v1/records?limit=200").get_json()["records"]
    assert [record["id"] for record in records if record["question"] not in text or record["url"] not in text] == []


def test_the_start_page_puts_the_readers_language_first(client):
    assert page(client, "/").index("训练图片数量") < page(client, "/").index("distillation on my own")
    english = page(client, "/", reader=ENGLISH_READER)
    assert english.index("distillation on my own") < english.index("训练图片数量")


def test_the_start_page_groups_questions_by_their_headings(client):
    text = page(client, "/")
    groups = re.findall(r"<h3[^>]*><a[^>]*>([^<]*)</a></h3>", text)
    assert [group.rpartition(" › ")[2] for group in groups] == ["第1期", "第2期", "Issue 1", "Issue 2"]


def test_an_answer_is_shown_with_its_source_confidence_and_address(client):
    text = page(client, "/", DOCKER_QUESTION)
    assert 'data-status="answered"' in text
    assert "--shm-size=8g" in text
    assert "faq_2021_s1.md" in text
    assert 'href="/q/faq_2021_s1/Q1.3"' in text
    assert re.search(r"很有把握 · \d\d%", text)


def test_an_uncertain_question_is_answered_with_choices(client):
    pages = (page(client, "/", fragment) for fragment in fragments(client) if is_ambiguous(client, fragment))
    text = next(text for text in pages if len(re.findall(r'<p class="choice"', text)) >= 2)
    assert 'data-status="ambiguous"' in text
    assert CHINESE.ambiguous in text


def test_choices_less_sure_than_15_percent_or_in_another_language_are_left_out(client):
    for fragment in islice((one for one in fragments(client) if is_ambiguous(client, one)), 20):
        text = page(client, "/", fragment)
        first, *others = re.findall(r'<p class="choice" lang="(\w+)".*?· <?(\d+)%', text, re.DOTALL)
        assert all(language == first[0] and int(percent) >= 15 for language, percent in others), fragment


def test_a_question_without_answer_says_so_and_suggests(client):
    text = page(client, "/", NEAR_QUESTION)
    assert 'data-status="no_answer"' in text
    assert CHINESE.no_answer in text
    assert re.search(r'<p class="choice"><a href="/q/', text)
    assert 'class="sureness"' not in text, "a bar that is all but empty"


def test_a_question_without_words_is_asked_for_words(client):
    assert CHINESE.empty_question in page(client, "/", "？！")


def test_the_question_stays_in_the_box(client):
    assert f'value="{DOCKER_QUESTION}"' in page(client, "/", DOCKER_QUESTION)


@pytest.mark.parametrize(
    ("reader", "words"),
    [
        (CHINESE_READER, CHINESE),
        (ENGLISH_READER, ENGLISH),
        ({"Accept-Language": "zh-TW"}, CHINESE),
        ({"Accept-Language": "zh-Hans-SG, en;q=0.3"}, CHINESE),
        ({"Accept-Language": "fr, zh;q=0.5"}, CHINESE),
        ({"Accept-Language": "fr"}, ENGLISH),
        ({}, ENGLISH),
    ],
)
def test_the_page_speaks_the_readers_language(client, reader, words):
    reply = client.get("/", headers=reader)
    assert f'<html lang="{words.language}" dir="ltr">' in reply.text
    assert reply.headers["Content-Language"] == words.language
    assert "Accept-Language" in reply.headers["Vary"]


def test_an_answer_keeps_its_own_language_on_a_page_in_another(client):
    assert 'class="answer" lang="zh"' in page(client, "/q/faq_2021_s1/Q1.3", reader=ENGLISH_READER)


def test_an_answer_page_shows_the_record_and_where_it_was_written(client):
    record = client.get("/api/v1/records/faq_2021_s1/Q1.5").get_json()
    text = page(client, "/q/faq_2021_s1/Q1.5")
    assert record["question"] in text
    assert html.unescape(record["answer_html"]) in text
    assert f"第 {record['source']['line']} 行" in text
    assert [title for title in record["section"] if title not in text] == []
    assert [alternate for alternate in record["alternates"] if alternate not in text] == []


def test_an_answer_page_names_its_one_address(client):
    text = client.get("/q/faq_2021_s1/Q1.3?utm=x", headers=CHINESE_READER).text
    assert '<link rel="canonical" href="http://localhost/q/faq_2021_s1/Q1.3">' in text


def test_an_answer_page_carries_its_question_for_programs(client):
    text = client.get("/q/faq_2021_s1/Q1.3").text
    data = json.loads(re.search(r'<script type="application/ld\+json">(.*?)</script>', text, re.DOTALL)[1])
    record = client.get("/api/v1/records/faq_2021_s1/Q1.3").get_json()
    assert (data["@type"], data["inLanguage"]) == ("FAQPage", "zh")
    entity = data["mainEntity"][0]
    assert (entity["name"], entity["acceptedAnswer"]["text"]) == (record["question"], record["answer_html"])


def test_an_id_of_any_script_has_an_address(encoder, tmp_path):
    record = make_record("文档/常见 问题?#&%/第1问", "共享内存不够怎么办", language="zh")
    build_snapshot(tmp_path, [record], encoder)
    app = create_app(tmp_path)
    address = app.test_client().get("/api/v1/records").get_json()["records"][0]["url"]
    reply = app.test_client().get(address)
    app.extensions[EXTENSION].close()
    assert (reply.status_code, record.question in reply.text) == (200, True)


def test_an_empty_knowledge_base_has_a_start_page(encoder, tmp_path):
    build_snapshot(tmp_path, [], encoder)
    app = create_app(tmp_path)
    text = page(app.test_client(), "/")
    asked = page(app.test_client(), "/", DOCKER_QUESTION)
    app.extensions[EXTENSION].close()
    assert CHINESE.nothing_stored in text
    assert 'data-status="no_answer"' in asked


def test_a_large_knowledge_base_lists_some_and_counts_the_rest(encoder, tmp_path):
    build_snapshot(tmp_path, [make_record(f"made/{n}", f"question {n}") for n in range(320)], encoder)
    app = create_app(tmp_path)
    text = page(app.test_client(), "/", reader=ENGLISH_READER)
    app.extensions[EXTENSION].close()
    assert text.count('<li lang="en">') == 60
    assert f'href="/topics/made/Made">{ENGLISH.topic_questions.of(320)}' in text


def test_a_listing_of_many_topics_shows_the_first_questions_of_each(encoder, tmp_path):
    records = [make_record(f"made/{n}", f"question {n}", section=("Made", f"part {n // 20}")) for n in range(200)]
    build_snapshot(tmp_path, records, encoder)
    app = create_app(tmp_path)
    text = page(app.test_client(), "/", reader=ENGLISH_READER)
    app.extensions[EXTENSION].close()
    assert re.findall(r"<h3[^>]*><a[^>]*>([^<]*)</a></h3>", text) == [f"part {n}" for n in range(10)]
    assert text.count('<li lang="en">') == 60
    assert text.count(ENGLISH.topic_questions.of(20)) == 10


def test_a_topic_shows_those_below_it_and_leads_up(encoder, tmp_path):
    cards, loans = ("Library", "Membership", "Cards"), ("Library", "Borrowing")
    records = [
        make_record("a/1", "What does a card cost?", section=cards),
        make_record("a/2", "I lost my card", section=cards),
        make_record("a/3", "How long may I keep a book?", section=loans),
    ]
    build_snapshot(tmp_path, records, encoder)
    app = create_app(tmp_path)
    start, answer, above = (
        page(app.test_client(), path, reader=ENGLISH_READER)
        for path in ("/", "/q/a/1", "/topics/made/Library/Membership")
    )
    app.extensions[EXTENSION].close()
    assert re.findall(r"<h([34])[^>]*><a[^>]*>([^<]*)</a>", start) == [
        ("3", "Membership"),
        ("4", "Cards"),
        ("3", "Borrowing"),
    ]
    trail = ["/topics/made/Library", "/topics/made/Library/Membership", "/topics/made/Library/Membership/Cards"]
    assert re.findall(r'href="(/topics/[^"?]+)"', answer) == trail
    assert re.findall(r'href="(/q/[^"]+)"', above) == ["/q/a/1", "/q/a/2"]
    assert re.findall(r'href="(/topics/[^"?]+)"', above) == [trail[0], trail[2]]


def test_an_address_with_nothing_shows_the_box_and_what_comes_near(client):
    reply = client.get("/q/faq_2021_s1/docker-shared-memory", headers=ENGLISH_READER)
    assert reply.status_code == 404
    text = html.unescape(reply.text)
    assert ENGLISH.not_found in text
    assert 'name="q"' in text
    assert 'href="/q/en/faq_2021_s1/Q1.3"' in text
    assert client.get("/q/no", headers={"Accept": "application/json"}).content_type == "application/problem+json"


@pytest.mark.parametrize(
    ("confidence", "shown"), [(0.0, "<1%"), (0.004, "<1%"), (0.014, "1%"), (0.5, "50%"), (0.934, "93%"), (1.0, "99%")]
)
def test_a_percentage_claims_neither_certainty_nor_impossibility(confidence, shown):
    assert (ENGLISH.percent(confidence), CHINESE.percent(confidence)) == (shown, shown)


def test_an_answers_page_leads_to_the_nearest_questions_in_its_language(client):
    text = page(client, "/q/faq_2021_s1/Q2.4")
    related = text[text.index(CHINESE.also) : text.index("<footer")]
    assert "/q/faq_2021_s1/Q2.5" in related, "mobile networks, and why others use large ones"
    assert "/q/faq_2021_s1/Q2.4" not in related
    assert "/q/en/" not in related


@pytest.mark.parametrize("path", ["/", "/q/faq_2021_s1/Q1.3"])
@pytest.mark.parametrize(("reader", "words"), [(CHINESE_READER, CHINESE), (ENGLISH_READER, ENGLISH)])
def test_the_search_box_carries_the_texts_of_its_module_in_the_readers_language(client, path, reader, words):
    settings = json.loads(re.search(r"data-live='([^']*)'", client.get(path, headers=reader).text)[1])
    assert (settings["ask"], settings["answers"]) == ("/api/v1/ask", "/q/")
    assert settings["texts"]["understood"] == words.live.understood
    assert settings["texts"]["errors"]["500"] == words.errors["500"]
    assert [level["word"] for level in settings["texts"]["levels"]] == [words.sure, words.likely, words.unsure]


# Topics


def test_a_topic_has_a_page_that_the_start_page_and_its_answers_lead_to(client):
    start, answer = page(client, "/"), page(client, "/q/faq_2021_s1/Q1.3")
    address = re.findall(r'href="(/topics/[^"]+)"', answer)[-1]
    assert f'href="{address}"' in start
    text = page(client, address)
    assert 'href="/q/faq_2021_s1/Q1.3"' in text
    assert 'href="/q/faq_2021_s1/Q2.1"' not in text, "another heading"
    assert CHINESE.topic_questions.of(text.count('href="/q/')) in text


def test_a_topic_that_is_not_there_is_404(client):
    assert client.get("/topics/none").status_code == 404


def test_every_topic_in_the_sitemap_is_there(client):
    addresses = re.findall(r"<loc>http://localhost(/topics/[^<]+)</loc>", client.get("/sitemap.xml").text)
    assert len(addresses) == 6  # two of which hold others
    assert {client.get(address).status_code for address in addresses} == {200}


# Languages


def test_a_reader_chooses_the_language_and_keeps_it_on_the_way(client):
    text = page(client, "/?lang=en")
    assert ENGLISH.technical.tagline in text
    assert '<input type="hidden" name="lang" value="en">' in text
    assert re.search(r'href="/q/en/faq_2021_s1/Q1\.3\?lang=en"', text)
    assert ENGLISH.judge in page(client, "/q/faq_2021_s1/Q1.3?lang=en")
    assert CHINESE.judge in page(client, "/q/faq_2021_s1/Q1.3?lang=xx")


@pytest.mark.parametrize("path", ["/", "/q/faq_2021_s1/Q1.3?q=docker", "/?q=docker+%26+x"])
def test_every_page_leads_to_itself_in_each_language(client, path):
    links = re.findall(r'<a href="([^"]+)" lang="(zh-CN|en)" hreflang', page(client, path))
    assert [language for _, language in links] == ["zh-CN", "en"]
    for address, language in links:
        assert f'<html lang="{language}"' in page(client, html.unescape(address))


def test_an_address_of_any_parameters_is_a_page(client):
    assert CHINESE.technical.tagline in page(client, "/?_external=1&lang=zh&endpoint=x&_anchor=y&filename=z&values=1")


def test_an_answer_leads_to_itself_in_other_languages(client):
    text = page(client, "/q/faq_2021_s1/Q1.3")
    assert '<link rel="alternate" hreflang="en" href="http://localhost/q/en/faq_2021_s1/Q1.3">' in text
    assert CHINESE.translation.format(language="英语") in text
    assert 'href="/q/faq_2021_s1/Q1.3"' in page(client, "/q/en/faq_2021_s1/Q1.3")


# The way from a question to an answer's page


def test_an_answers_page_says_how_well_it_answers_what_was_asked(client):
    text = page(client, f"/q/faq_2021_s1/Q1.3?q={DOCKER_QUESTION}")
    assert CHINESE.asked.format(question=DOCKER_QUESTION) in text
    assert CHINESE.sure in text
    assert "<mark>" in text
    plain = page(client, "/q/faq_2021_s1/Q1.3")
    assert CHINESE.asked[:3] not in plain
    assert "<mark>" not in plain


def test_the_sentence_that_answers_is_marked_without_javascript(client):
    text = page(client, "/", question=DOCKER_QUESTION)
    sentence = client.post("/api/v1/ask", json={"question": DOCKER_QUESTION}).json["answers"][0]["highlight"]["text"]
    found = "".join(re.findall("<mark>(.*?)</mark>", text))
    assert "".join(html.unescape(re.sub("<[^>]+>", "", found)).split()) == "".join(sentence.split())


def test_a_question_without_answer_is_shown_as_it_was_understood(client):
    text = page(client, "/", question=f"  {WEATHER_QUESTION}\u200b ")
    assert CHINESE.live.understood.format(question=WEATHER_QUESTION) in text


# A conversation


def follow_up_page(client: FlaskClient, question: str, *earlier: str) -> str:
    reply = client.get("/", query_string={"q": question, "after": earlier}, headers=CHINESE_READER)
    assert reply.status_code == 200
    return html.unescape(reply.text)


def test_a_follow_up_is_understood_by_what_was_asked_before(client):
    alone, after = follow_up_page(client, "为什么会这样？"), follow_up_page(client, "为什么会这样？", DOCKER_QUESTION)
    assert 'data-status="answered"' not in alone
    assert 'data-status="answered"' in after
    assert "/q/faq_2021_s1/Q1.3" in after
    assert CHINESE.so_far in after
    assert CHINESE.so_far not in alone


def test_the_questions_of_a_conversation_lead_back_and_go_on_with_the_next(client):
    earlier = (DOCKER_QUESTION, "为什么会这样？")
    text = follow_up_page(client, "<b>为什么？", *earlier)
    assert re.findall(r'<input type="hidden" name="after" value="([^"]*)">', text) == [*earlier, "<b>为什么？"]
    assert f"/?q={quote('为什么会这样？')}&after={quote_plus(DOCKER_QUESTION)}" in text
    assert '<li aria-current="true"><b>' in text  # unescaped by this test alone
    assert CHINESE.go_on in text


def test_a_conversation_goes_back_eight_questions_at_most(client):
    text = follow_up_page(client, DOCKER_QUESTION, *(f"问题{number}" for number in range(30)))
    assert "问题21" not in text
    assert "问题22" in text


def test_a_remark_in_an_address_is_no_vote(client):
    store = client.application.extensions[judging.EXTENSION]
    before = list(store.events())
    follow_up_page(client, "还是不行", DOCKER_QUESTION)
    assert list(store.events()) == before


def test_below_an_answer_stand_questions_of_its_topic(client):
    text = page(client, "/", DOCKER_QUESTION)
    prompts = re.search(r'<ul class="prompts">(.*?)</ul>', text, re.DOTALL)[1]
    asked = client.post("/api/v1/ask", json={"question": DOCKER_QUESTION}).get_json()
    wanted = [each["text"] for each in asked["follow_ups"] if each["kind"] == "topic"]
    assert wanted
    assert re.findall(r">([^<]+)</a>", prompts) == wanted
