"""Languages as people write them down."""

from __future__ import annotations

import pytest

from faqkb.kb.language.codes import language_of_tag, twin_key


@pytest.mark.parametrize(
    ("tag", "language"),
    [
        ("fr", "fr"),
        ("pt-BR", "pt"),
        ("zh_CN.UTF-8", "zh"),
        ("zh-Hans-CN", "zh"),
        ('"de"', "de"),
        ("EN", "en"),
        ("cn", "zh"),
        ("jp", "ja"),
        ("English", "en"),
        ("deu", "de"),
        ("nb-NO", "no"),
        ("php", ""),
        ("x-klingon", ""),
        ("", ""),
    ],
)
def test_a_tag_is_a_language(tag: str, language: str) -> None:
    assert language_of_tag(tag) == language


@pytest.mark.parametrize(
    ("record_id", "key"),
    [
        ("en/faq_2021_s1/Q1.3", "faq_2021_s1/Q1.3"),
        ("docs/zh_CN/faq/Q1", "docs/faq/Q1"),
        ("docs/pt-BR/faq/Q1", "docs/faq/Q1"),
        ("docs/ml/faq/Q1", "docs/ml/faq/Q1"),
        ("faq/en", "faq/en"),
    ],
)
def test_a_record_and_its_translation_have_one_key(record_id: str, key: str) -> None:
    assert twin_key(record_id) == key
