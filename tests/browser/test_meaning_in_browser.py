"""A site that answers by meaning, without a server: in Chromium, from a plain file server, below a path."""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, Route, expect
from runtime_support import runtime_package
from server_support import DOCKER_QUESTION, WEATHER_QUESTION
from site_support import LOADED_MS, OpenPage, ask, file_server, loaded, pages_of, settled
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers

from faqkb.faq.export_site import export_site
from faqkb.kb.answers import Answer
from faqkb.kb.conversation.dialogue import reply_to
from faqkb.kb.conversation.history import questions_of, state_after
from faqkb.kb.knowledge import KnowledgeBase
from faqkb.kb.text import clean, simplify
from faqkb.server.site.runtime import MeaningOptions

# Words of no record; the server answers it (docs/queries.jsonl has more).
OTHER_WORDS = "my container does not have enough memory to load training batches"
ROOT = Path(__file__).resolve().parents[2]
MEGABYTE = 1_000_000
POLICY = (
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'; style-src 'self'; img-src 'self'"
)


@pytest.fixture(scope="module")
def site(kb_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("host") / "docs" / "help"
    export_site(kb_folder, folder, None, MeaningOptions(runtime_package(), ("zh", "en")), offline=True)
    return folder


@pytest.fixture(scope="module")
def site_url(site: Path) -> Iterator[str]:
    # The strictest policy that ought to work with every file: a worker has no other than its own script's.
    with file_server(site.parents[1], {"Content-Security-Policy": POLICY}) as top:
        yield f"{top}docs/help/"


@pytest.fixture
def open_page(browser: Browser, site_url: str) -> Iterator[OpenPage]:
    with pages_of(browser, site_url) as open_one:
        yield lambda path="en/", **options: open_one(path, **options)


def model_files(page: Page) -> list[str]:
    return [url for url in page.asked if "/model/" in url]


def questions_in_every_form() -> list[str]:
    """Return the questions of docs/queries.jsonl, and some that are asked in other ways than as one plain sentence."""
    lines = (Path(__file__).parents[2] / "docs" / "queries.jsonl").read_text(encoding="utf-8").splitlines()
    log = "pip install failed\nCollecting numpy\nERROR: No matching distribution found\nsee the log\n"
    odd = [
        log,
        "TRAINING IS SLOW ON GPU",
        "Hello there. How do I start the container? Also, what is a passport?",
        "???",
    ]
    odd += ["裡面訓練報錯怎麼辦", "how do I conevrt a modle", "wie starte ich das", "你好", "x" * 2_000, "<s> & <mask>"]
    asked = [json.loads(line)["query"] for line in lines]
    return [*asked, *odd, DOCKER_QUESTION, WEATHER_QUESTION, OTHER_WORDS]


ANSWERED = """async ([address, given, questions]) => {
  const { Answers } = await import(`${address}answers.js`);
  const { Knowledge } = await import(`${address}knowledge.js`);
  const packed = await fetch(`${address}knowledge.bin`);
  const buffer = await new Response(packed.body.pipeThrough(new DecompressionStream("gzip"))).arrayBuffer();
  const encode = async (text) => ({
    vector: Float32Array.from(given[text].vector),
    tokens: given[text].tokens.map((token) => Float32Array.from(token)),
  });
  const answers = new Answers(new Knowledge(buffer), encode);
  const found = [];
  for (const question of questions) {
    const { status, confidence, hits, shown, others = [] } = await answers.ask(question);
    const read = shown.map(({ position }) => position);
    found.push({ status, confidence, first: hits[0]?.position ?? null, shown: read, others: others.length });
  }
  return found;
}"""


class _Recording:
    """Notes what every text that is asked is embedded as."""

    def __init__(self, encoder: Any) -> None:
        self._encoder = encoder
        self.given: dict[str, Any] = {}

    def __getattr__(self, name: str) -> Any:
        return getattr(self._encoder, name)

    def encode_query(self, text: str) -> Any:
        found = self._encoder.encode_query(text)
        self.given[text] = {"vector": found.vector.tolist(), "tokens": found.tokens.tolist()}
        return found


def test_given_the_same_embeddings_both_rankings_give_the_same_answers(open_page, kb_folder):
    page = open_page()
    knowledge = KnowledgeBase.open(kb_folder)
    recording = _Recording(knowledge.encoder)
    knowledge._finder._encoder = recording
    questions = questions_in_every_form()
    asked = [knowledge.ask_ranked(question) for question in questions]
    found = page.evaluate(ANSWERED, [scripts_of(page), recording.given, questions])
    for question, (answer, ranked), own in zip(questions, asked, found, strict=True):
        assert own["first"] == (ranked[0].position if ranked else None), question
        assert own["confidence"] == pytest.approx(answer.confidence, abs=0.02), question
        assert own["status"] == answer.status.value, question
        assert own["others"] == len(answer.others), question
        if answer.hits:
            assert own["shown"] == [knowledge._store.records.position(hit.record.id) for hit in answer.hits], question
    knowledge.close()


def scripts_of(page: Page) -> str:
    """Return the address of the scripts of the search by meaning."""
    return page.locator("main script[type=module]").evaluate("script => new URL('meaning/', script.src).href")


TALKED = """async ([address, given, talks]) => {
  const { Answers } = await import(`${address}answers.js`);
  const { Knowledge } = await import(`${address}knowledge.js`);
  const { readArrays } = await import(`${address}arrays.js`);
  const { conversationsOf } = await import(`${address}talking.js`);
  const { files } = await (await fetch(`${address}manifest.json`)).json();
  const unpacked = async (wanted) => {
    const reply = await fetch(new URL(files.find(({ name }) => name === wanted).address, address));
    return new Response(reply.body.pipeThrough(new DecompressionStream("gzip"))).arrayBuffer();
  };
  const read = async (name) => (await fetch(`${address}../${name}`)).json();
  const encode = async (text) => ({
    vector: Float32Array.from(given[text].vector),
    tokens: given[text].tokens.map((token) => Float32Array.from(token)),
  });
  const answers = new Answers(new Knowledge(await unpacked("knowledge")), encode);
  const talk = readArrays(await unpacked("talk"));
  const conversations = conversationsOf(answers, await read("lists.json"), await read("related.json"), talk);
  const found = [];
  for (const turns of talks) {
    try {
      const answer = await conversations.answer(turns.at(-1), turns.slice(0, -1));
      const { question, read, status, talk = null, shown, others = [] } = answer;
      const positions = shown.map(({ position }) => position);
      found.push({ question, read, status, talk, shown: positions, others: others.length });
    } catch (error) {
      found.push({ failed: String(error) });
    }
  }
  return found;
}"""


def conversations() -> list[list[str]]:
    """Return conversations that are kept for measuring, a quarter of them, and some that end in every way there is."""
    lines = (ROOT / "tests/quality/dialogues.jsonl").read_text(encoding="utf-8").splitlines()
    kept = [dialogue["turns"] for line in lines if (dialogue := json.loads(line))["kb"] == "content"]
    remarks = [
        "还是不行",
        "谢谢啦，明白了",
        "第二个",
        "the last one",
        "1 and 2",
        "都不是",
        "in English please",
        "请用中文",
    ]
    remarks += ["9", "why?", "那 GPU 呢？", "and on Windows?", "btw how do I export a model", "转人工", "heyyy", "both"]
    remarks += ["我不想活了", "what is the weather in Paris today", "OK, thanks! How do I use mixup?", "为什么", "!!!"]
    remarks += ["show me the first two", "no, the one about docker", "wie starte ich das", "cheers, you saved my day"]
    openings = [["模型"], [DOCKER_QUESTION, "还是不行"]]
    return [*kept[::4], ["你好"], ["谢谢", "你是谁"], *([*opening, each] for opening in openings for each in remarks)]


def test_given_the_same_embeddings_a_conversation_goes_the_same_way(open_page, kb_folder):
    page = open_page()
    knowledge = KnowledgeBase.open(kb_folder, remembered=1_000)
    recording = _Recording(knowledge.encoder)
    knowledge._finder._encoder = recording
    talks = conversations()
    wanted = [reply_to(knowledge, talk[-1], state_after(knowledge, questions_of(talk[:-1]))).answer for talk in talks]
    found = page.evaluate(TALKED, [scripts_of(page), recording.given, talks])
    other_ways = [
        (turns, own)
        for turns, answer, own in zip(talks, wanted, found, strict=True)
        if own != expected_of(answer, knowledge)
    ]
    # One in a hundred may: the server puts typing errors right into any English word, a site into those of its records.
    assert len(other_ways) <= len(talks) / 100, other_ways
    knowledge.close()


def expected_of(answer: Answer, knowledge: KnowledgeBase) -> dict[str, Any]:
    """Return what the browser has to say of a question that the library answered so."""
    said = answer.no_answer.talk if answer.no_answer else None
    return {
        "question": answer.question,
        "read": answer.read_as,
        "status": answer.status.value,
        "talk": said.value if said else None,
        "shown": [knowledge._store.records.position(each) for each in answer.shown_ids],
        "others": len(answer.others),
    }


def test_a_question_in_other_words_is_answered_as_the_server_does(open_page, kb_folder):
    page = loaded(open_page())
    with_server = KnowledgeBase.open(kb_folder)
    for question in (OTHER_WORDS, DOCKER_QUESTION):
        answer = with_server.ask(question)
        ask(page, question)
        expect(page.locator(".live")).to_have_attribute("data-state", answer.status.value)
        expect(page.locator(".live")).to_contain_text(answer.hits[0].record.question[:40])
    with_server.close()
    ask(page, WEATHER_QUESTION)
    expect(page.locator(".live")).to_have_attribute("data-state", "no_answer")


def test_words_answer_until_the_encoder_is_there(open_page):
    held: list[Route] = []
    released = False

    def hold(route: Route) -> None:
        if released:  # of three files, all are asked for at once, but not all have come here by then
            route.continue_()
        else:
            held.append(route)

    page = open_page(model=hold)
    page.locator("#question").focus()
    expect(page.locator("search form .notice").last).to_contain_text("%")
    ask(page, OTHER_WORDS)
    expect(page.locator(".live")).not_to_have_attribute("data-state", "answered")
    released = True
    for route in held:
        route.continue_()
    expect(page.locator(".live .card")).to_be_visible(timeout=LOADED_MS)  # asked again without a touch
    expect(page.locator("search form .notice").last).to_have_text("")


@pytest.mark.parametrize(
    "init",
    [
        "Object.defineProperty(navigator, 'connection', { value: { saveData: true } })",
        "delete globalThis.WebAssembly",
        "delete globalThis.DecompressionStream",
    ],
)
def test_who_saves_data_or_has_no_webassembly_is_answered_by_words(open_page, init):
    page = open_page("", init=init)
    page.locator("#question").focus()
    ask(page, DOCKER_QUESTION)
    expect(page.locator(".live .card")).to_contain_text("--shm-size=8g")
    assert model_files(page) == []


def test_other_bytes_than_were_exported_are_not_used(open_page):
    def damaged(route: Route) -> None:
        body = bytearray(route.fetch().body())
        body[len(body) // 2] ^= 1
        route.fulfill(body=bytes(body))

    page = open_page("", model=damaged)
    page.locator("#question").focus()
    expect(page.locator("search form .notice").last).to_contain_text("无法加载", timeout=LOADED_MS)
    ask(page, DOCKER_QUESTION)
    expect(page.locator(".live .card")).to_contain_text("--shm-size=8g")


def test_the_encoder_is_loaded_once_and_kept_by_the_browser(open_page, site_url):
    page = open_page()
    assert model_files(page) == []
    loaded(page)
    assert len([url for url in model_files(page) if url.endswith(".bin")]) == 4
    page.asked.clear()
    page.goto(f"{site_url}q/faq_2021_s1/Q1.3/")
    page.goto(f"{site_url}en/")
    loaded(page)
    assert [url for url in model_files(page) if url.endswith(".bin")] == []


def test_a_page_that_is_open_answers_without_a_network(open_page):
    page = loaded(open_page())
    ask(page, OTHER_WORDS)
    page.context.set_offline(True)
    ask(page, "how do I reduce the size of the shared segment")
    expect(page.locator(".live")).not_to_have_attribute("data-state", "offline")


def test_after_one_visit_it_answers_by_meaning_without_a_network(open_page):
    page = loaded(open_page())
    page.evaluate("() => navigator.serviceWorker.ready")
    page.context.set_offline(True)
    page.reload()
    loaded(page)
    ask(page, OTHER_WORDS)
    expect(page.locator(".live")).to_have_attribute("data-state", "answered")
    assert page.told == []


def test_a_follow_up_is_read_with_the_question_before_it(open_page):
    page = loaded(open_page())
    ask(page, OTHER_WORDS)
    page.locator(".further input[type=text]").fill("why?")
    page.keyboard.press("Enter")
    expect(page.locator(".live .earlier li")).to_have_text([OTHER_WORDS, "why?"])
    settled(page)
    expect(page.locator(".live .card")).to_contain_text("shm")


def test_a_greeting_is_greeted(open_page):
    page = loaded(open_page(""))
    ask(page, "你好")
    expect(page.locator(".live")).to_have_attribute("data-state", "no_answer")
    expect(page.locator(".live h2")).not_to_have_text("没有找到答案")


def test_nobody_else_is_asked_and_the_strictest_policy_holds(open_page, site_url):
    page = loaded(open_page())
    ask(page, OTHER_WORDS)
    assert [url for url in page.asked if not url.startswith(site_url)] == []
    assert page.told == []


def test_axe_finds_nothing_while_it_loads_and_after(open_page):
    page = open_page(model=lambda route: None)
    page.locator("#question").focus()
    expect(page.locator("search form .notice").last).to_contain_text("%")
    assert Axe().run(page).violations_count == 0
    answered = loaded(open_page())
    ask(answered, OTHER_WORDS)
    found = Axe().run(answered)
    assert found.violations_count == 0, found.generate_report()


def test_what_is_loaded_weighs_no_more_than_promised(site):
    lasting = sum(path.stat().st_size for path in (site / "model").glob("*.bin"))
    [script] = (site / "model").rglob("*.js")
    assert lasting + len(gzip.compress(script.read_bytes())) < 25 * MEGABYTE
    [manifest] = site.glob("assets/*/meaning/manifest.json")
    for file in json.loads(manifest.read_text())["files"]:
        content = (manifest.parent / file["address"]).resolve().read_bytes()
        assert (len(content), hashlib.sha256(content).hexdigest()) == (file["bytes"], file["sha256"])
    pages = [path.read_bytes() for path in site.rglob("index.html")]
    assert max(len(gzip.compress(page)) for page in pages) < 40_000


SPLIT = """async ([address, questions]) => {
  const { readArrays } = await import(`${address}arrays.js`);
  const { Tokenizer } = await import(`${address}tokenizer.js`);
  const { files } = await (await fetch(`${address}manifest.json`)).json();
  const packed = await fetch(new URL(files.find(({ name }) => name === "pieces").address, address));
  const { pieces, scores } = readArrays(
    await new Response(packed.body.pipeThrough(new DecompressionStream("gzip"))).arrayBuffer());
  const tokenizer = new Tokenizer(pieces, [...scores]);
  return [pieces, [...scores], questions.map((question) => tokenizer.encode("query: ", question))];
}"""


def test_questions_are_split_into_the_pieces_that_python_finds(open_page, shared_data):
    lines = [line for file in (shared_data / "data/dev").glob("*.jsonl") for line in file.read_text().splitlines()]
    questions = [simplify(clean(json.loads(line)["query"])) for line in lines]
    assert len(questions) > 100
    questions += ["", "a", "𠮷x 你", "👍🏽 ok ɐ", "한국어 질문", "x" * 1_000, "3.1.2 v2", "fin ABC"]
    page = open_page()
    pieces, scores, found = page.evaluate(SPLIT, [scripts_of(page), questions])
    python = Tokenizer(models.Unigram(list(zip(pieces, scores, strict=True)), unk_id=3))
    python.normalizer = normalizers.NFKC()
    words = [pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="always")]
    python.pre_tokenizer = pre_tokenizers.Sequence(words)
    for question, own in zip(questions, found, strict=True):
        told = python.encode(f"query: {clean(question)}")
        assert own["ids"] == [0, *told.ids, 2], question
        starts = [at + 1 for at, (_, end) in enumerate(told.offsets) if end > len("query: ")]
        assert own["own"] == starts, question
