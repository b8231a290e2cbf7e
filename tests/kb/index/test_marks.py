"""Opposites and numbered names: what vectors miss."""

from __future__ import annotations

import pytest

from faqkb.kb.index.marks import conflicts, marks_of


def disagree(query: str, question: str) -> int:
    return conflicts(marks_of(query), marks_of(question))


@pytest.mark.parametrize(
    ("query", "question"),
    [
        ("怎么关掉 mkldnn", "如何开启 MKLDNN？"),
        ("turn off mkldnn", "How do I enable MKLDNN?"),
        ("turn off mkldnn", "如何开启 MKLDNN？"),
        ("用显卡预测", "CPU 上怎么预测"),
        ("ResNet50 的精度", "ResNet101 的精度是多少"),
        ("Q1.3 的答案", "Q1.4: 怎么办"),
        ("Windows 怎么安装", "怎么在 Linux 上安装"),
        ("怎麼關閉", "怎么打开"),
    ],
)
def test_what_excludes_each_other_conflicts(query: str, question: str) -> None:
    assert disagree(query, question) == 1


@pytest.mark.parametrize(
    ("query", "question"),
    [
        ("怎么打开 mkldnn", "如何开启 MKLDNN？"),
        ("CPU 还是 GPU", "用 GPU 训练"),
        ("ResNet50 怎么训练", "怎么训练分类模型"),
        ("resnet-50", "ResNet50 是什么"),
        ("推理太慢怎么办", "如何加快推理速度？"),
        ("accuracy is lower after export", "How can I improve accuracy?"),
        ("onnx export fails", "Why is the offset wrong?"),
        ("", "anything"),
    ],
)
def test_what_can_go_together_does_not(query: str, question: str) -> None:
    assert disagree(query, question) == 0


def test_two_disagreements_count_twice() -> None:
    assert disagree("关闭 GPU 预测", "如何在 CPU 上开启预测") == 2
