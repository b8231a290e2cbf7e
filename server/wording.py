"""The words of the pages, in Chinese and English; one language is one value, so none can lack a text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from flask import request

_SURE = 0.8  # from here a reader may rely on the answer without reading the choices
_LIKELY = 0.5  # from here the answer is more likely right than not


@dataclass(frozen=True, slots=True)
class LiveWording:
    """The texts of the search box that answers while the reader types."""

    results: str
    """Name of the list of hits."""
    found: str
    """Said after the state, with {count}."""
    preview: str
    """Above the answer of the hit chosen with the arrow keys."""
    keys: str
    """Which keys do what."""
    understood: str
    """With {question}, as it was searched for."""
    slow: str
    offline: str
    unreachable: str
    """The reader's machine has a network, the server does not reply."""
    offline_hint: str
    retry: str
    recent: str
    recent_hint: str
    forget: str
    """With {question}."""
    forget_all: str


@dataclass(frozen=True, slots=True)
class Wording:
    """Every text the pages show, but for stored questions and answers."""

    language: str
    """Value of the `lang` attribute."""
    site: str
    tagline: str
    skip: str
    question_label: str
    placeholder: str
    submit: str
    all_questions: str
    other_languages: str
    more_questions: str
    """With {count}, the questions not listed."""
    nothing_stored: str
    answered: str
    ambiguous: str
    ambiguous_hint: str
    no_answer: str
    no_answer_hint: str
    empty_question: str
    suggestions: str
    also: str
    confidence: str
    """With {word} and {percent}."""
    sure: str
    likely: str
    unsure: str
    source: str
    """With {path} and {line}."""
    permanent: str
    """Link to the answer's own page."""
    checks: str
    checks_hint: str
    download: str
    """With {file}."""
    other_wordings: str
    judge: str
    """Asked below an answer."""
    helpful: str
    not_helpful: str
    reasons_title: str
    reasons: Mapping[str, str]
    """What may be wrong with an answer, by the tag that is stored; in the order shown."""
    note: str
    privacy: str
    """What is kept of a note and a question."""
    send: str
    none_of_these: str
    """Asked below choices."""
    tell: str
    """The button that records an unanswered question."""
    tell_hint: str
    thanks: str
    thanks_hint: str
    back_to_answer: str
    back: str
    footer: str
    """With {count}."""
    errors: Mapping[int, str]
    """What to tell a reader, by status."""
    error_otherwise: str
    error_title: str
    live: LiveWording

    def level(self, confidence: float) -> str:
        """Return which of the three words a confidence takes: `sure`, `likely` or `unsure`."""
        return "sure" if confidence >= _SURE else "likely" if confidence >= _LIKELY else "unsure"

    def levels(self) -> list[dict[str, str | float]]:
        """Return the three words, surest first, each with the confidence it starts `from`."""
        return [
            {"name": "sure", "word": self.sure, "from": _SURE},
            {"name": "likely", "word": self.likely, "from": _LIKELY},
            {"name": "unsure", "word": self.unsure, "from": 0.0},
        ]

    def sureness(self, confidence: float) -> str:
        """Return a confidence in words and as a number."""
        word = {"sure": self.sure, "likely": self.likely, "unsure": self.unsure}[self.level(confidence)]
        return self.confidence.format(word=word, percent=percent(confidence))

    def error_message(self, status: int) -> str:
        """Return what to tell a reader about an error."""
        return self.errors.get(status, self.error_otherwise)


def percent(confidence: float) -> str:
    """Return a probability as a percentage that claims neither certainty nor impossibility."""
    if confidence < 0.01:
        return "<1%"
    return f"{min(round(confidence * 100), 99)}%"


CHINESE = Wording(
    language="zh-CN",
    site="常见问题",
    tagline="用自己的话提问，直接贴报错也行。",
    skip="跳到正文",
    question_label="你的问题",
    placeholder="写下问题，或粘贴报错原文",
    submit="提问",
    all_questions="全部问题",
    other_languages="其他语言的问题",
    more_questions="另有 {count} 个问题未列出，可以直接搜索。",
    nothing_stored="知识库里还没有问题。",
    answered="找到答案",
    ambiguous="你想问的是哪一个？",
    ambiguous_hint="没有一条足够确定，下面几条最接近。",
    no_answer="没有找到答案",
    no_answer_hint="知识库里没有可靠的答案，因此不作猜测。换一种说法，或补上报错原文、版本号再试。",
    empty_question="问题里没有可以搜索的文字，请写几个字再试。",
    suggestions="库里比较接近的问题",
    also="相关的问题",
    confidence="{word} · {percent}",
    sure="很有把握",
    likely="比较可能",
    unsure="不太确定",
    source="出自 {path} 第 {line} 行",
    permanent="固定链接",
    checks="在你的机器上验证",
    checks_hint="脚本在本机实测，给出结论和要改的参数；服务器从不运行它们。",
    download="下载 {file}",
    other_wordings="也有人这样问",
    judge="这个回答有帮助吗？",
    helpful="有帮助",
    not_helpful="没有帮助",
    reasons_title="哪里不好？可以多选",
    reasons={
        "outdated": "过时了",
        "incomplete": "不完整",
        "wrong": "不正确",
        "unclear": "看不明白",
        "not_my_question": "答非所问",
        "other": "其他",
    },
    note="补充说明（可不填）",
    privacy="保存前会去掉邮箱、密钥和用户目录名；浏览器若要求“不跟踪”，则不保存任何文字。",
    send="发送",
    none_of_these="都不是？",
    tell="告诉维护者",
    tell_hint="记下这个问题，维护者会据此补充答案。",
    thanks="谢谢",
    thanks_hint="已经记下，维护者会看到。",
    back_to_answer="返回",
    back="全部问题",
    footer="共 {count} 个问题。答案均为知识库原文，不是生成的。",
    errors={
        400: "浏览器发来的请求无法识别。请回到首页重新提问。",
        403: "这个表单只能从本站的页面提交。",
        404: "这个地址没有内容，问题可能已改名或删除。",
        405: "这个地址不接受这种请求。",
        414: "问题太长，放不进网址。请只留下关键的几行。",
        413: "提交的内容太长，请删减后再试。",
        415: "提交的内容格式不对，请从页面上的表单提交。",
        422: "没有记下：页面打开太久，或者文字太长。请回到原来的页面，刷新后再试。",
        500: "服务器内部出错，已记入日志。请稍后再试。",
        503: "服务器正忙，请过一会儿再试。",
    },
    error_otherwise="请求没有完成，请稍后再试。",
    error_title="出错了",
    live=LiveWording(
        results="搜索结果",
        found="共 {count} 条结果。",
        preview="这一条的答案",
        keys="↑ ↓ 选择 · Enter 打开 · Shift+Enter 新标签页 · Esc 收起",
        understood="系统理解的问题：{question}",
        slow="还在查找，请稍候…",
        offline="你现在没有联网",
        unreachable="连不上服务器",
        offline_hint="输入的内容还在，恢复连接后可以接着问。",
        retry="再试一次",
        recent="最近的提问",
        recent_hint="只保存在这个浏览器里，不会发送出去。",
        forget="删除：{question}",
        forget_all="全部清除",
    ),
)

ENGLISH = Wording(
    language="en",
    site="FAQ",
    tagline="Ask in your own words, or paste an error message.",
    skip="Skip to content",
    question_label="Your question",
    placeholder="Type a question or paste an error",
    submit="Ask",
    all_questions="All questions",
    other_languages="Questions in other languages",
    more_questions="{count} more questions are not listed here; search finds them.",
    nothing_stored="No questions are stored yet.",
    answered="Answer found",
    ambiguous="Did you mean one of these?",
    ambiguous_hint="None is certain enough on its own; these come closest.",
    no_answer="No answer found",
    no_answer_hint=(
        "Nothing stored answers this reliably, so there is no guess. Try other words, or add the exact error text"
        " and version."
    ),
    empty_question="The question holds nothing to search for; write a few words.",
    suggestions="Stored questions that come near",
    also="Related questions",
    confidence="{word} · {percent}",
    sure="Confident",
    likely="Possible",
    unsure="Unsure",
    source="From {path}, line {line}",
    permanent="Permanent link",
    checks="Check it on your machine",
    checks_hint="These scripts measure on your own machine and name what to change; the server never runs them.",
    download="Download {file}",
    other_wordings="Also asked as",
    judge="Was this helpful?",
    helpful="Helpful",
    not_helpful="Not helpful",
    reasons_title="What is wrong with it? Choose any that apply",
    reasons={
        "outdated": "Outdated",
        "incomplete": "Incomplete",
        "wrong": "Wrong",
        "unclear": "Hard to understand",
        "not_my_question": "Not what I asked",
        "other": "Something else",
    },
    note="Anything to add (optional)",
    privacy=(
        "E-mail addresses, keys and names of home folders are removed before anything is stored. If your browser asks"
        " not to be tracked, no words are stored."
    ),
    send="Send",
    none_of_these="None of these?",
    tell="Tell the maintainer",
    tell_hint="Records the question, so that an answer can be written.",
    thanks="Thank you",
    thanks_hint="It is recorded, and the maintainer will see it.",
    back_to_answer="Back",
    back="All questions",
    footer="{count} questions. Every answer is stored text, word for word; nothing is generated.",
    errors={
        400: "The browser sent something that cannot be understood. Go back and ask again.",
        403: "This form can only be sent from this site's own pages.",
        404: "There is nothing at this address; the question may have been renamed or removed.",
        405: "This address does not take that kind of request.",
        414: "The question is too long for an address. Keep only the lines that matter.",
        413: "That was too much text. Shorten it and try again.",
        415: "This address takes the form on the pages. Please send it from there.",
        422: "Nothing was recorded: the page was open too long, or the text is too long. Reload it and try again.",
        500: "Something failed on the server, and it is logged. Please try again later.",
        503: "The server is busy. Please try again in a moment.",
    },
    error_otherwise="The request was not completed. Please try again later.",
    error_title="Something went wrong",
    live=LiveWording(
        results="Results",
        found="Results: {count}.",
        preview="Answer of this question",
        keys="↑ ↓ choose · Enter opens · Shift+Enter new tab · Esc closes",
        understood="Understood as: {question}",
        slow="Still searching…",
        offline="You are offline",
        unreachable="The server cannot be reached",
        offline_hint="What you typed is kept; ask again once there is a connection.",
        retry="Try again",
        recent="Recent questions",
        recent_hint="Kept in this browser only, never sent.",
        forget="Remove: {question}",
        forget_all="Clear all",
    ),
)


def wording() -> Wording:
    """Return the words in the first language of Accept-Language that there is; English where none is."""
    for tag, _ in request.accept_languages:  # best first
        language = tag.partition("-")[0].lower()
        if language in _BY_LANGUAGE:
            return _BY_LANGUAGE[language]
    return ENGLISH


_BY_LANGUAGE = {"zh": CHINESE, "en": ENGLISH}
