"""The words by which a FAQ is known: titles, questions, tables of contents, introductions."""

from __future__ import annotations

_LINK_CHARS = 40  # a link back to the top says little more than that


def _phrases(text: str) -> tuple[str, ...]:
    """Return the phrases of a text, set apart by ` / `."""
    return tuple(phrase.strip() for phrase in text.split("/"))


_FAQ_WORDS = frozenset(_phrases("faq / faqs / q&a / qa / troubleshooting"))
_FAQ_PHRASES = _phrases(
    "frequently asked / common question / common issue / common problem / questions and answers"
    "/ questions & answers / 常见问题 / 常見問題 / 常见疑问 / 常见错误 / 常见故障 / 常问 / 常問 / 经常问"
    "/ 经常被问 / 问答 / 問答 / 答疑 / 疑难解答 / 疑难问题 / 故障排查 / よくある質問 / 자주 묻는"
    "/ часто задаваемые / частые вопросы / preguntas frecuentes / foire aux questions / häufig gestellte"
    "/ perguntas frequentes / domande frequenti"
)
_TOC_TITLES = frozenset(
    _phrases(
        "table of contents / contents / toc / on this page / summary of questions / index / catalogue"
        "/ catalog / 目录 / 目次 / 目錄 / 内容 / 问题列表 / 索引"
    )
)
_ASIDE_TITLES = frozenset(
    _phrases(
        "introduction / intro / about / about this document / about us / overview / preface"
        "/ before you read / license / licence / contributing / contact / contact us / feedback / support"
        "/ resources / links / community / references / see also / related / further reading / changelog"
        "/ acknowledgements / acknowledgments / credits / 写在前面 / 前言 / 简介 / 介绍 / 概述 / 说明"
        "/ 许可 / 许可证 / 参考 / 参考资料 / 参考文献 / 更新日志 / 致谢 / 关于 / 联系我们 / 联系方式 / 反馈"
        "/ 相关链接 / 关于我们 / 交流群"
    )
)
_QUESTION_MARKS = "?？؟⁇"
_OPENING_WORDS = frozenset(
    _phrases(
        "how / what / why / when / where / which / who / whose / whom / can / could / do / does / did / is"
        "/ are / am / was / were / will / would / should / shall / may / must / has / have / had / isn't"
        "/ aren't / doesn't / don't / can't / won't / what's / who's / where's / how's / comment / pourquoi"
        "/ quand / quel / quelle / où / combien / cómo / como / qué / por / cuándo / dónde / cuál / puedo"
        "/ wie / was / warum / wann / wo / wer / welche / kann / как / что / почему / когда / где / зачем"
        "/ какой / можно"
    )
)
_INNER_WORDS = _phrases(
    "吗 / 呢 / 么 / 什么 / 怎 / 如何 / 为何 / 是否 / 能否 / 可否 / 哪 / 多少 / 几 / 何时 / 嗎 / 麼 / 為何"
    "/ ですか / ますか / 나요 / 까요 / is there a way / how do i / how to / what does / why do"
)
_PLAIN_WORDS = _phrases("吗 / 呢 / 嗎 / 怎么办 / 怎麼辦 / 为什么 / 為什麼 / ですか / ますか / 나요 / 까요")
_QUESTION_COLUMNS = frozenset(
    _phrases(
        "question / questions / q / problem / problems / issue / symptom / error / 问题 / 问题描述 / 现象/ 症状 / 問題"
    )
)
_ANSWER_COLUMNS = frozenset(
    _phrases(
        "answer / answers / a / solution / solutions / fix / 答案 / 回答 / 解答 / 答复 / 解决方案"
        "/ 解决办法 / 解决方法 / 答え"
    )
)
_BACK_WORDS = _phrases("top / back / toc / contents / 返回 / 回到 / 顶部 / 目录 / ⬆ / ↑ / 🔝 / 🔼")


def is_faq_title(title: str) -> bool:
    """Whether a heading announces questions and answers."""
    plain = title.casefold()
    words = "".join(char if char.isalnum() or char == "&" else " " for char in plain).split()
    return not _FAQ_WORDS.isdisjoint(words) or any(phrase in plain for phrase in _FAQ_PHRASES)


def is_toc_title(title: str) -> bool:
    """Whether a heading announces a table of contents."""
    return _bare(title) in _TOC_TITLES


def is_aside_title(title: str) -> bool:
    """Whether a heading opens an introduction or another part of a FAQ that holds no question."""
    return _bare(title) in _ASIDE_TITLES


def is_question(text: str) -> bool:
    """Whether a text asks something, by its mark or its words."""
    if any(mark in text for mark in _QUESTION_MARKS):
        return True
    plain = text.casefold().replace("’", "'")
    first = plain.lstrip("\"'“‘¿([* ").partition(" ")[0].rstrip(",.:;")
    return first in _OPENING_WORDS or any(word in plain for word in _INNER_WORDS)


def is_plain_question(text: str) -> bool:
    """Whether a text asks beyond doubt: by its mark or a particle. `How to install` is a title of a guide as well."""
    return any(mark in text for mark in _QUESTION_MARKS) or any(word in text for word in _PLAIN_WORDS)


def ends_as_question(text: str) -> bool:
    """Whether a text ends in a question mark, quotes and brackets aside."""
    return text.rstrip(" \"'”’)）」*_")[-1:] in set(_QUESTION_MARKS)


def is_question_column(title: str) -> bool:
    """Whether a column of a table holds questions."""
    return _bare(title) in _QUESTION_COLUMNS


def is_answer_column(title: str) -> bool:
    """Whether a column of a table holds answers."""
    return _bare(title) in _ANSWER_COLUMNS


def leads_back(text: str) -> bool:
    """Whether the text of a link only leads back to the top of the page."""
    return len(text) < _LINK_CHARS and any(word in text.casefold() for word in _BACK_WORDS)


def _bare(title: str) -> str:
    """Return the title in lower case with only letters, digits and single spaces."""
    return " ".join("".join(char if char.isalnum() else " " for char in title.casefold()).split())
