"""Follow-ups, choices, small talk and sessions."""

from __future__ import annotations

import json
import sys
import threading
import time
import tracemalloc
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from faqkb.kb.answers import Status
from faqkb.kb.conversation.choices import chosen_by_words, chosen_number
from faqkb.kb.conversation.dialogue import Reply, reply_to
from faqkb.kb.conversation.leaning import Leaning, leaning_of
from faqkb.kb.conversation.sessions import TURNS, SessionStore
from faqkb.kb.conversation.small_talk import is_small_talk, without_small_talk
from faqkb.kb.conversation.understanding import Sighting, Turn, Way, resolve
from faqkb.kb.knowledge import KnowledgeBase
from faqkb.kb.model.encoder import Encoder
from faqkb.kb.records import Record

ROOT = Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "tools"))

import dialogue_quality  # noqa: E402

DOCKER = "docker 里训练报 Blocking queue is killed 怎么办"
OLD = Turn("how do I upgrade", "how do I upgrade", ("faq/upgrade",))


def resolved(question: str, sightings: Mapping[str, Sighting], *turns: Turn) -> tuple[Way, str]:
    """Resolve a question where these texts find these records and any other text finds nothing."""
    found = resolve(question, turns, lambda text: sightings.get(text, Sighting(0.0, {})), lambda record: record)
    return found.way, found.query


def talk(knowledge: KnowledgeBase, *questions: str) -> Reply:
    """Ask questions one after the other; return what the last one gets."""
    turns: tuple[Turn, ...] = ()
    for question in questions:
        reply = reply_to(knowledge, question, turns)
        turns += (reply.turn,) if reply.turn else ()
    return reply


@pytest.mark.parametrize(
    ("text", "leaning"),
    [
        ("为什么？", Leaning.EMPTY),
        ("怎么解决", Leaning.EMPTY),
        ("具体怎么做呢？", Leaning.EMPTY),
        ("why?", Leaning.EMPTY),
        ("How do I do it?", Leaning.EMPTY),
        ("它的原理是什么", Leaning.REFERRING),
        ("what if I can't recreate it?", Leaning.REFERRING),
        ("那 GPU 呢？", Leaning.ELLIPTIC),
        ("學習率呢", Leaning.ELLIPTIC),
        ("and on Windows?", Leaning.ELLIPTIC),
        ("手机上用哪个网络比较合适", Leaning.NONE),
        ("how do I enable TensorRT", Leaning.NONE),
        ("does a model that predicts thousands of classes need a larger layer", Leaning.NONE),
        ("???", Leaning.NONE),
    ],
)
def test_words_tell_how_a_question_leans(text: str, leaning: Leaning) -> None:
    assert leaning_of(text) is leaning


def test_the_first_question_is_never_combined() -> None:
    assert resolved("why?", {}) == (Way.ALONE, "why?")


def test_an_empty_follow_up_takes_the_question_before_it() -> None:
    assert resolved("why?", {}, OLD) == (Way.COMBINED, "how do I upgrade why?")


def test_a_question_that_is_sure_alone_is_asked_alone() -> None:
    sure = {"where are the logs": Sighting(0.9, {"faq/logs": 0.9})}
    assert resolved("where are the logs", sure, OLD) == (Way.ALONE, "where are the logs")


def test_a_topic_that_nothing_answers_is_not_dragged_to_the_old_one() -> None:
    assert resolved("who won the match", {"who won the match": Sighting(0.01, {})}, OLD)[0] is Way.ALONE


def test_a_leaning_question_about_another_record_is_asked_alone() -> None:
    elsewhere = {"and logs?": Sighting(0.7, {"faq/logs": 0.7})}
    both = {"and logs?": Sighting(0.7, {"faq/logs": 0.7, "faq/upgrade": 0.2})}
    assert resolved("and logs?", elsewhere, OLD)[0] is Way.ALONE
    assert resolved("and logs?", both, OLD)[0] is Way.COMBINED


def test_the_surer_of_two_combinations_is_searched_for() -> None:
    before = Turn("on Linux?", "how do I upgrade on Linux?", ("faq/upgrade",))
    longer = "how do I upgrade on Linux? why?"
    sightings = {"on Linux? why?": Sighting(0.2, {}), longer: Sighting(0.9, {})}
    assert resolved("why?", sightings, before) == (Way.COMBINED, longer)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("第二个", 1),
        ("2", 1),
        ("2.", 1),
        ("选 3", 2),
        ("我选第一个吧", 0),
        ("最后一个", 2),
        ("the second one", 1),
        ("The first one, please", 0),
        ("last one", 2),
        ("option 2", 1),
        ("#1", 0),
        ("3rd", 2),
        ("4", None),
        ("0", None),
        ("第二个 epoch 报错", None),
        ("two GPUs", None),
        ("why", None),
    ],
)
def test_a_number_names_a_choice(text: str, place: int | None) -> None:
    assert chosen_number(text, 3) == place


def test_words_that_one_choice_alone_holds_name_it() -> None:
    titles = ["容器共享内存太小", "C++ 部署的模型预测太慢", "SSLD distillation is weak"]
    assert chosen_by_words("共享内存那个", titles) == 0
    assert chosen_by_words("the C++ one", titles) == 1
    assert chosen_by_words("the one about distillation", titles) == 2
    assert chosen_by_words("SSLD distillation is weak?", titles) == 2
    assert chosen_by_words("the one about cooking", titles) is None
    assert chosen_by_words("怎么提高精度", titles) is None


def test_a_number_picks_only_where_choices_were_offered(knowledge: KnowledgeBase) -> None:
    ids = ("faq_2021_s1/Q1.1", "faq_2021_s1/Q2.3")
    offered = Turn("精度不好", "精度不好", ids, choices=True)
    reply = reply_to(knowledge, "第二个", [offered])
    assert reply.resolution.way is Way.CHOICE
    assert reply.answer is not None
    assert (reply.answer.status, reply.answer.hits[0].record.id) == (Status.ANSWERED, ids[1])
    answered = Turn("精度不好", "精度不好", ids)
    assert reply_to(knowledge, "第二个", [answered]).resolution.way is not Way.CHOICE


def test_after_a_choice_follow_ups_are_about_it(knowledge: KnowledgeBase) -> None:
    offered = Turn("精度不好", "精度不好", ("faq_2021_s1/Q1.1", "faq_2021_s1/Q2.3"), choices=True)
    picked = reply_to(knowledge, "2", [offered]).turn
    assert picked is not None
    answer = reply_to(knowledge, "为什么？", [offered, picked]).answer
    assert answer is not None
    assert answer.hits[0].record.id == "faq_2021_s1/Q2.3"


@pytest.mark.parametrize("text", ["你好", "谢谢啦，明白了", "你是谁呀", "OK, thanks!", "hi 😀", "感謝", "bye bye"])
def test_small_talk_is_told(text: str) -> None:
    assert is_small_talk(text)


@pytest.mark.parametrize(
    "text", ["", "！", "了", "你好，请问 docker 共享内存", "thanks, but it fails", "hi-res images", "好慢"]
)
def test_a_question_is_no_small_talk(text: str) -> None:
    assert not is_small_talk(text)


def test_no_real_question_is_taken_for_small_talk() -> None:
    files = (path.read_text(encoding="utf-8") for path in sorted((ROOT / "tests/quality").glob("*.jsonl")))
    queries = [json.loads(line) for text in files for line in text.splitlines()]
    asked = [entry["query"] for entry in queries if entry.get("relevant") and "query" in entry]
    assert len(asked) > 2_900
    assert [text for text in asked if is_small_talk(text)] == []


def test_a_greeting_before_a_question_is_taken_off() -> None:
    assert without_small_talk("你好，请问 docker 共享内存不足怎么办") == "请问 docker 共享内存不足怎么办"
    assert without_small_talk("Hi! Thanks. How do I upgrade?") == "How do I upgrade?"
    assert without_small_talk("hello") == "hello"
    assert without_small_talk("docker, thanks") == "docker, thanks"


@given(st.text(max_size=200))
def test_taking_off_small_talk_twice_changes_nothing_more(text: str) -> None:
    once = without_small_talk(text)
    assert text.strip().endswith(once)
    assert without_small_talk(once) == once


def test_hostile_text_is_told_in_linear_time() -> None:
    started = time.perf_counter()
    for text in ("谢" * 100_000, "ok " * 100_000, "hahaha" * 50_000, "the one about " * 20_000, "你好，" * 50_000):
        is_small_talk(text)
        without_small_talk(text)
        leaning_of(text[:1_000])
        chosen_by_words(text[:1_000], ["a", "b"])
        chosen_number(text[:1_000], 3)
    assert time.perf_counter() - started < 2


def test_small_talk_within_a_conversation_leaves_its_topic(knowledge: KnowledgeBase) -> None:
    assert talk(knowledge, DOCKER, "谢谢").answer is None
    answer = talk(knowledge, DOCKER, "谢谢", "为什么？").answer
    assert answer is not None
    assert answer.hits[0].record.id == "faq_2021_s1/Q1.3"
    assert answer.question == "为什么?"


def test_a_record_about_small_talk_answers_it(encoder: Encoder, tmp_path: Path) -> None:
    from server_support import make_record

    from faqkb.kb.snapshot.build import build_snapshot

    records: list[Record] = [make_record("faq/who", "who are you", "The desk of the library.")]
    records += [make_record(f"faq/{at}", text) for at, text in enumerate(("how do I lend a book", "when do you open"))]
    build_snapshot(tmp_path, records, encoder)
    opened = KnowledgeBase.open(tmp_path)
    answer = talk(opened, "who are you").answer
    opened.close()
    assert answer is not None
    assert answer.hits[0].record.id == "faq/who"


def test_follow_ups_find_their_record_and_new_topics_are_kept(knowledge: KnowledgeBase) -> None:
    own = [dialogue for dialogue in dialogue_quality.read_dialogues() if dialogue.kb == dialogue_quality.BUNDLED]
    chosen = [dialogue for dialogue in own if dialogue.half == "report"]
    right, alone, all_of = Counter[str](), Counter[str](), Counter(dialogue.kind for dialogue in chosen)
    for dialogue in chosen:
        right[dialogue.kind] += dialogue_quality.resolved_right(knowledge, dialogue)
        alone[dialogue.kind] += dialogue_quality.alone_right(knowledge, dialogue)
    assert right["follow_up"] - alone["follow_up"] >= 0.2 * all_of["follow_up"]
    assert right["switch"] >= alone["switch"]
    assert right["off_topic"] >= alone["off_topic"] - 1
    assert right["greeting"] == all_of["greeting"]
    assert right["choice"] == all_of["choice"]
    assert right["small_talk"] >= 0.9 * all_of["small_talk"]


def test_the_dialogues_are_enough_and_their_labels_name_records(shared_data: Path) -> None:
    from quality_sets import read_set

    from faqkb.ingest import read_sources

    dialogues = dialogue_quality.read_dialogues()
    kinds = Counter(dialogue.kind for dialogue in dialogues)
    assert sum(len(dialogue.turns) > 1 for dialogue in dialogues) >= 70
    assert kinds["follow_up"] >= 60
    assert min(kinds["switch"], kinds["small_talk"]) >= 15
    for name in {dialogue.kb for dialogue in dialogues}:
        bundled = name == dialogue_quality.BUNDLED
        records = read_sources([ROOT / name]).records if bundled else read_set(shared_data, name).records
        ids = {record.id for record in records}
        assert all({*own.relevant, *own.choices} <= ids for own in dialogues if own.kb == name), name


def test_no_dialogue_is_both_chosen_on_and_reported() -> None:
    halves: dict[tuple[str, ...], set[str]] = {}
    for dialogue in dialogue_quality.read_dialogues():
        halves.setdefault(dialogue.turns, set()).add(dialogue.half)
    assert all(len(own) == 1 for own in halves.values())


def test_a_session_keeps_its_last_turns() -> None:
    store = SessionStore()
    for at in range(TURNS + 2):
        store.add("a", Turn(str(at), str(at)))
    assert [turn.question for turn in store.turns("a")] == ["2", "3", "4"]
    assert store.turns("b") == ()
    store.forget("a")
    assert store.turns("a") == ()


def test_the_session_used_longest_ago_goes_first() -> None:
    store = SessionStore(sessions=2)
    for name in ("a", "b", "a", "c"):
        store.add(name, OLD)
    assert [bool(store.turns(name)) for name in "abc"] == [True, False, True]


def test_a_silent_session_is_gone() -> None:
    now = 0.0
    store = SessionStore(seconds=60, clock=lambda: now)
    store.add("a", OLD)
    now = 59.0
    assert store.turns("a")
    now = 61.0
    assert not store.turns("a")
    assert len(store) == 0


def test_ten_thousand_sessions_stay_in_bounded_memory() -> None:
    tracemalloc.start()
    store = SessionStore()
    for at in range(12_000):
        for number in range(4):
            question = f"{DOCKER} {at} {number}"
            store.add(f"session {at}", Turn(question, question, ("faq_2021_s1/Q1.3",)))
    used, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(store) == 10_000
    assert used < 20_000_000


def test_threads_lose_no_turn() -> None:
    store = SessionStore()

    def ask(own: int) -> None:
        for at in range(300):
            store.add(f"{own}/{at}", OLD)
            store.add("shared", OLD)

    threads = [threading.Thread(target=ask, args=(own,)) for own in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(store) == 8 * 300 + 1
    assert len(store.turns("shared")) == TURNS


@pytest.mark.parametrize(
    "piece",
    [
        "那就",
        "想问是",
        "想问的是",
        "我就是选要",
        "问的是",
        "no, i mean ",
        "show me ",
        "一个",
        "第",
        "the ",
        "hi, ",
        "谢谢，",
    ],
)
@pytest.mark.parametrize("count", [25, 20_000])
def test_no_text_is_tried_in_so_many_ways_that_it_never_ends(piece: str, count: int) -> None:
    text = f"{piece * count}x"
    assert chosen_number(text, 3) is None
    assert chosen_by_words(text, ["docker", "export"]) is None
    assert not is_small_talk(text)
    assert without_small_talk(text).endswith("x")
    leaning_of(text)
