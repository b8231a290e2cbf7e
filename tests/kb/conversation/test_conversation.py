"""Follow-ups, choices, small talk and sessions."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from faqkb.kb.answers import Status, Talk
from faqkb.kb.conversation.choices import chosen_by_words, chosen_numbers
from faqkb.kb.conversation.dialogue import Reply, reply_to
from faqkb.kb.conversation.history import Said, listed_records, state_after
from faqkb.kb.conversation.leaning import Leaning, leaning_of
from faqkb.kb.conversation.state import NOTHING_SAID, State
from faqkb.kb.conversation.talk import is_repair, is_small_talk, talk_of, without_change, without_small_talk
from faqkb.kb.conversation.tongue import own_language, requested_language
from faqkb.kb.conversation.understanding import Sighting, Way, resolve
from faqkb.kb.knowledge import KnowledgeBase
from faqkb.kb.model.encoder import Encoder
from faqkb.kb.records import Record

ROOT = Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "tools"))

import dialogue_quality  # noqa: E402

DOCKER = "docker 里训练报 Blocking queue is killed 怎么办"
OLD = State(*["how do I upgrade"] * 2, shown=("faq/upgrade",), answered=("faq/upgrade",))


def seen(confidence: float, by_record: Mapping[str, float]) -> Sighting:
    return Sighting(confidence, lambda: by_record)


def resolved(question: str, sightings: Mapping[str, Sighting], state: State = NOTHING_SAID) -> tuple[Way, str]:
    """Resolve a question where these texts find these records and any other text finds nothing."""
    found = resolve(
        question, state, lambda text: sightings.get(text, seen(0.0, {})), lambda record: record, lambda text: None
    )
    return found.way, found.query


def talk(knowledge: KnowledgeBase, *questions: str) -> Reply:
    """Ask questions one after the other; return what the last one gets."""
    state = NOTHING_SAID
    for question in questions:
        reply = reply_to(knowledge, question, state)
        state = reply.state
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
    sure = {"where are the logs": seen(0.9, {"faq/logs": 0.9})}
    assert resolved("where are the logs", sure, OLD) == (Way.ALONE, "where are the logs")


def test_a_topic_that_nothing_answers_is_not_dragged_to_the_old_one() -> None:
    assert resolved("who won the match", {"who won the match": seen(0.01, {})}, OLD)[0] is Way.ALONE


def test_a_leaning_question_about_another_record_is_asked_alone() -> None:
    elsewhere = {"and logs?": seen(0.7, {"faq/logs": 0.7})}
    both = {"and logs?": seen(0.7, {"faq/logs": 0.7, "faq/upgrade": 0.2})}
    assert resolved("and logs?", elsewhere, OLD)[0] is Way.ALONE
    assert resolved("and logs?", both, OLD)[0] is Way.COMBINED


def test_the_surer_of_two_combinations_is_searched_for() -> None:
    before = State("how do I upgrade", "how do I upgrade on Linux?", shown=("faq/upgrade",))
    longer = "how do I upgrade on Linux? why?"
    sightings = {"how do I upgrade why?": seen(0.2, {}), longer: seen(0.9, {})}
    assert resolved("why?", sightings, before) == (Way.COMBINED, longer)


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("第二个", [2]),
        ("2", [2]),
        ("２", [2]),
        ("2.", [2]),
        ("选 3", [3]),
        ("问题2", [2]),
        ("第一个呢", [1]),
        ("那第二个呢", [2]),
        ("我选第一个吧", [1]),
        ("最后一个", [3]),
        ("1和2", [1, 2]),
        ("1 and 3 please", [1, 3]),
        ("both 2 and 3", [2, 3]),
        ("the first two", [1, 2]),
        ("前两个", [1, 2]),
        ("all of them", [1, 2, 3]),
        ("the second one", [2]),
        ("The first one, please", [1]),
        ("hm ok, now the 1st", [1]),
        ("what about the third?", [3]),
        ("last one", [3]),
        ("option 2", [2]),
        ("#1", [1]),
        ("3rd", [3]),
        ("4", [4]),
        ("0", [0]),
        ("第二个 epoch 报错", []),
        ("two GPUs", []),
        ("why", []),
    ],
)
def test_numbers_name_choices(text: str, places: list[int]) -> None:
    assert list(chosen_numbers(text, 3)) == places


def test_words_that_one_choice_alone_holds_name_it() -> None:
    titles = ["容器共享内存太小", "C++ 部署的模型预测太慢", "SSLD distillation is weak"]
    assert chosen_by_words("共享内存那个", titles) == 0
    assert chosen_by_words("the C++ one", titles) == 1
    assert chosen_by_words("the one about distillation", titles) == 2
    assert chosen_by_words("SSLD distillation is weak?", titles) == 2
    assert chosen_by_words("the one about cooking", titles) is None
    assert chosen_by_words("怎么提高精度", titles) is None


OFFERED = ("faq_2021_s1/Q1.1", "faq_2021_s1/Q2.3")
VAGUE = State(*["精度不好"] * 2, shown=OFFERED, offered=OFFERED)


def test_a_number_picks_only_where_choices_were_offered(knowledge: KnowledgeBase) -> None:
    reply = reply_to(knowledge, "第二个", VAGUE)
    assert reply.resolution.way is Way.CHOICE
    assert (reply.answer.status, reply.answer.hits[0].record.id) == (Status.ANSWERED, OFFERED[1])
    assert reply_to(knowledge, "第二个", replace(VAGUE, offered=())).resolution.way is not Way.CHOICE


def test_a_list_can_be_chosen_from_again(knowledge: KnowledgeBase) -> None:
    state = reply_to(knowledge, "第一个呢", VAGUE).state
    assert reply_to(knowledge, "那第二个呢", state).answer.hits[0].record.id == OFFERED[1]
    both = reply_to(knowledge, "1和2", state).answer
    assert [each.hits[0].record.id for each in (both, *both.others)] == list(OFFERED)


def test_a_number_outside_of_the_list_and_none_of_it_are_told(knowledge: KnowledgeBase) -> None:
    outside = reply_to(knowledge, "4", VAGUE)
    assert outside.answer.no_answer is not None
    assert (outside.answer.no_answer.talk, outside.answer.no_answer.count) == (Talk.OUTSIDE, 2)
    declined = reply_to(knowledge, "都不是", VAGUE)
    assert declined.answer.no_answer is not None
    assert declined.answer.no_answer.talk is Talk.DECLINED
    assert declined.state.offered == ()


def test_after_a_choice_follow_ups_are_about_it(knowledge: KnowledgeBase) -> None:
    state = reply_to(knowledge, "2", VAGUE).state
    assert reply_to(knowledge, "为什么？", state).answer.hits[0].record.id == OFFERED[1]


@pytest.mark.parametrize(
    "text",
    [
        "还是不行",
        "那样不行啊",
        "没用",
        "你说的不对",
        "that's wrong",
        "didn't help",
        "thanks but it still doesn't work",
        "👎",
    ],
)
def test_that_an_answer_did_not_help_never_brings_it_again(knowledge: KnowledgeBase, text: str) -> None:
    first = reply_to(knowledge, DOCKER, NOTHING_SAID)
    again = reply_to(knowledge, text, first.state)
    assert again.answer.no_answer is not None
    assert again.answer.no_answer.talk is Talk.NOT_HELPED
    assert again.answer.no_answer.about == "faq_2021_s1/Q1.3"
    assert "faq_2021_s1/Q1.3" not in again.answer.shown_ids
    third = reply_to(knowledge, text, again.state)
    assert not set(again.answer.shown_ids).intersection(third.answer.shown_ids)
    assert reply_to(knowledge, "为什么？", third.state).answer.hits[0].record.id == "faq_2021_s1/Q1.3"


def test_what_is_said_after_a_failure_is_not_dragged_back_to_it(knowledge: KnowledgeBase) -> None:
    assert talk(knowledge, DOCKER, "还是不行", "accuracy").answer.shown_ids[:1] != ("faq_2021_s1/Q1.3",)
    assert talk(knowledge, DOCKER, "还是不行", "那 num_workers 呢").resolution.way is Way.COMBINED


def test_a_new_question_that_ends_like_a_complaint_is_asked(knowledge: KnowledgeBase) -> None:
    assert talk(knowledge, "C++ 预测开了 mkldnn 不管用").resolution.way is Way.ALONE


TRACEBACK = '这个怎么回事\nTraceback (most recent call last):\n  File "train.py", line 3\nRuntimeError: bus error\n'


@pytest.mark.parametrize("text", ["？？？", "4", "shm", TRACEBACK])
def test_a_text_without_a_language_stays_in_that_of_the_conversation(knowledge: KnowledgeBase, text: str) -> None:
    reply = talk(knowledge, DOCKER, text)
    assert reply.answer.language == "zh"
    assert {hit.record.language for hit in reply.answer.hits[:1]} <= {"zh"}


def test_the_language_asked_for_holds_on(knowledge: KnowledgeBase) -> None:
    english = talk(knowledge, DOCKER, "in English please")
    assert english.answer.hits[0].record.id == "en/faq_2021_s1/Q1.3"
    later = talk(knowledge, DOCKER, "in English please", "谢谢", "类别标号从 0 还是 1 开始")
    assert later.answer.hits[0].record.id.startswith("en/")
    back = talk(knowledge, DOCKER, "in English please", "还是用中文吧")
    assert back.answer.hits[0].record.id == "faq_2021_s1/Q1.3"


def test_a_language_that_an_answer_is_not_written_in_is_told(knowledge: KnowledgeBase) -> None:
    answer = talk(knowledge, DOCKER, "in French please").answer
    assert answer.no_answer is not None
    assert (answer.no_answer.talk, answer.language) == (Talk.NO_TRANSLATION, "fr")
    assert answer.shown_ids == ("faq_2021_s1/Q1.3",)


@pytest.mark.parametrize("before", [True, False], ids=["session", "messages"])
def test_the_topic_is_not_lost_in_eight_turns(knowledge: KnowledgeBase, before: bool) -> None:
    turns = [
        "docker 里训练报 bus error",
        "为什么？",
        "怎么改？",
        "谢谢",
        "还有别的办法吗？",
        "嗯",
        "那怎么做？",
        "具体一点",
    ]
    state, said = NOTHING_SAID, list[Said]()
    for text in turns:
        reply = reply_to(knowledge, text, state if before else state_after(knowledge, said))
        state = reply.state
        said += [
            Said("user", text),
            Said("assistant", reply.answer.hits[0].record.answer if reply.answer.hits else "好"),
        ]
    assert reply.answer.hits[0].record.id == "faq_2021_s1/Q1.3"


def test_the_list_in_a_reply_is_what_is_chosen_from(knowledge: KnowledgeBase) -> None:
    titles = [record.question for record in map(knowledge.record, ("faq_2021_s1/Q2.2", "faq_2021_s1/Q1.5")) if record]
    listed = "你问的是哪一个？\n\n" + "\n".join(f"{number}. {title}" for number, title in enumerate(titles, start=1))
    said = [Said("user", "模型"), Said("assistant", listed)]
    assert state_after(knowledge, said).offered == ("faq_2021_s1/Q2.2", "faq_2021_s1/Q1.5")
    assert listed_records(knowledge, "1. Turn it off.\n2. Turn it on.") == ()


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("你好", Talk.GREETING),
        ("heyyy", Talk.GREETING),
        ("hi 😀", Talk.GREETING),
        ("谢谢啦，明白了", Talk.THANKS),
        ("OK, thanks!", Talk.THANKS),
        ("感謝", Talk.THANKS),
        ("👍", Talk.THANKS),
        ("bye bye", Talk.GOODBYE),
        ("88", Talk.GOODBYE),
        ("你是谁呀", Talk.IDENTITY),
        ("are you a bot or a human?", Talk.IDENTITY),
        ("解决了，谢谢", Talk.SOLVED),
        ("转人工", Talk.PERSON),
        ("Hi, can I talk to a human please", Talk.PERSON),
        ("you are so stupid", Talk.INSULT),
        ("里面都是回忆，我不想活了", Talk.DISTRESS),
        ("can I ask you something?", Talk.QUESTION),
        ("test 123", Talk.TEST),
        ("hahahahaha", Talk.CHAT),
        ("嗯嗯", Talk.ACKNOWLEDGED),
    ],
)
def test_small_talk_is_told_by_kind(text: str, kind: Talk) -> None:
    assert talk_of(text) is kind


@pytest.mark.parametrize(
    "text", ["in English please", "English", "can you say that in english?", "我看不懂中文，请用英文"]
)
def test_a_language_asked_for_is_heard(text: str) -> None:
    assert requested_language(text) == "en"


@pytest.mark.parametrize(
    "text", ["does it support English", "how do I set the language to English", "英文的文档在哪里下载"]
)
def test_a_question_about_a_language_asks_for_none(text: str) -> None:
    assert requested_language(text) is None


def test_names_and_commands_have_no_language() -> None:
    assert [own_language(text) for text in ("shm", "4", "？？？", "docker run", "why?")] == [None] * 5
    assert [own_language(text) for text in ("怎么改", "how do I fix it", TRACEBACK)] == ["zh", "en", "zh"]


def test_words_that_announce_another_question_are_taken_off() -> None:
    assert without_change("btw, can I scan there") == ("can I scan there", True)
    assert without_change("顺便问一下纸箱要钱吗") == ("纸箱要钱吗", True)
    assert without_change("btw") == ("btw", False)
    assert without_change("how do I upgrade") == ("how do I upgrade", False)


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
        chosen_numbers(text[:1_000], 3)
        requested_language(text)
        own_language(text)
        is_repair(text)
    assert time.perf_counter() - started < 2


def test_small_talk_within_a_conversation_leaves_its_topic(knowledge: KnowledgeBase) -> None:
    assert talk(knowledge, DOCKER, "谢谢").resolution.talk is Talk.THANKS
    answer = talk(knowledge, DOCKER, "谢谢", "为什么？").answer
    assert answer.hits[0].record.id == "faq_2021_s1/Q1.3"
    assert answer.question == "为什么?"


def test_a_record_about_small_talk_answers_it(encoder: Encoder, tmp_path: Path) -> None:
    from server_support import make_record

    from faqkb.kb.building.build import build_snapshot

    records: list[Record] = [make_record("faq/who", "who are you", "The desk of the library.")]
    records += [make_record(f"faq/{at}", text) for at, text in enumerate(("how do I lend a book", "when do you open"))]
    build_snapshot(tmp_path, records, encoder)
    opened = KnowledgeBase.open(tmp_path)
    answer = talk(opened, "who are you").answer
    opened.close()
    assert answer.hits[0].record.id == "faq/who"


def test_conversations_over_the_bundled_content_come_out_right(knowledge: KnowledgeBase) -> None:
    own = [dialogue for dialogue in dialogue_quality.read_dialogues() if dialogue.kb == dialogue_quality.BUNDLED]
    chosen = [dialogue for dialogue in own if dialogue.half == "report"]
    for before in (None, dialogue_quality.by_all_messages, dialogue_quality.by_questions):
        judged = [(own.kind, dialogue_quality.is_right(knowledge, own, before)) for own in chosen]
        told = [is_right for _, is_right in judged if is_right is not None]
        assert len(told) > 100
        assert sum(told) / len(told) >= 0.9
        of_choices = [is_right for kind, is_right in judged if kind == "choice" and is_right is not None]
        assert sum(of_choices) >= len(of_choices) - 1


def test_the_dialogues_are_enough_and_their_labels_name_records(shared_data: Path) -> None:
    from quality_sets import read_set

    from faqkb.ingest import read_sources

    dialogues = dialogue_quality.read_dialogues()
    assert len(dialogues) >= 300
    assert sum(dialogue.by == dialogue_quality.STRANGER for dialogue in dialogues) >= len(dialogues) / 2
    assert {dialogue.kind for dialogue in dialogues} == set(dialogue_quality.KINDS)
    assert max(len(dialogue.turns) for dialogue in dialogues) == 8
    for name in {dialogue.kb for dialogue in dialogues}:
        bundled = name == dialogue_quality.BUNDLED
        records = read_sources([ROOT / name]).records if bundled else read_set(shared_data, name).records
        ids = {record.id for record in records}
        labels = [{*own.expect.get("relevant", ()), *own.offered} for own in dialogues if own.kb == name]
        assert all(own <= ids for own in labels), name


def test_no_dialogue_is_both_chosen_on_and_reported() -> None:
    halves: dict[tuple[str, ...], set[str]] = {}
    for dialogue in dialogue_quality.read_dialogues():
        halves.setdefault(dialogue.turns, set()).add(dialogue.half)
    assert all(len(own) == 1 for own in halves.values())


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
    assert chosen_numbers(text, 3) == ()
    assert requested_language(text) is None
    assert chosen_by_words(text, ["docker", "export"]) is None
    assert not is_small_talk(text)
    assert without_small_talk(text).endswith("x")
    leaning_of(text)
