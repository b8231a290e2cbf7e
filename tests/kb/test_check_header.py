"""Headers of check scripts: what is understood, and the sentence for what is not."""

from __future__ import annotations

import hashlib

import pytest

from faqkb.kb.check_header import parse_check
from faqkb.kb.errors import CheckMalformed

HEADER = """# /// script
# requires-python = ">=3.9"
# dependencies = ["numpy<2.4", "setuptools"]
#
# [tool.faq-check]
# id = "disk"
# version = "1.2"
# title = "Is there room?"
# title_zh = "有地方吗？"
# answers = ["faq/Q1"]
# reads = ["the disk"]
# writes = []
# needs = ["cpu"]
# limit_seconds = 30
#
# [[tool.faq-check.signatures]]
# error = "disk-full"
# words = ["No space left on device", "write … failed: ENOSPC"]
# answers = ["faq/Q1"]
# ///
\"\"\"Look at the disk.\"\"\"
"""


def changed(old: str, new: str) -> bytes:
    assert old in HEADER
    return HEADER.replace(old, new).encode()


def test_a_header_is_understood_whole() -> None:
    check = parse_check(HEADER.encode(), "disk")
    assert (check.id, check.version, check.title) == ("disk", "1.2", "Is there room?")
    assert (check.link.title_in("zh"), check.link.title_in("en")) == ("有地方吗？", "Is there room?")
    assert (check.answers, check.reads, check.writes, check.needs) == (("faq/Q1",), ("the disk",), (), ("cpu",))
    assert check.dependencies == ("numpy<2.4", "setuptools")
    assert check.limit_seconds == 30
    assert check.description == "Look at the disk."
    assert check.sha256 == hashlib.sha256(HEADER.encode()).hexdigest()
    (signature,) = check.signatures
    assert (signature.error, signature.answers) == ("disk-full", ("faq/Q1",))


def test_id_and_title_are_enough() -> None:
    check = parse_check(b'# /// script\n# [tool.faq-check]\n# id = "x"\n# title = "T"\n# ///\n', "x")
    assert (check.answers, check.dependencies, check.limit_seconds) == ((), (), 60)


@pytest.mark.parametrize(
    ("script", "said"),
    [
        (b"print(1)\n", "holds 0 lines `# /// script`"),
        (HEADER.encode() * 2, "holds 2 lines"),
        (changed("# ///\n", ""), "no closing line"),
        (changed('# title = "Is there room?"', "# title = room"), "not TOML"),
        (changed("[tool.faq-check]", "[tool.other]").replace(b"[[tool.faq-check", b"[[tool.x"), "no table"),
        (changed('id = "disk"', 'id = "desk"'), "its header says id = 'desk'"),
        (changed('title = "Is there room?"', 'title = ""'), "no title"),
        (changed("limit_seconds = 30", "limit_seconds = true"), "limit_seconds is True"),
        (changed("limit_seconds = 30", "limit_seconds = 1e9"), "write a number up to 3600"),
        (changed("limit_seconds", "limt_seconds"), "its header holds limt_seconds; it may hold answers"),
        (changed('needs = ["cpu"]', 'needs = ["moon"]'), "cpu, docker, gpu"),
        (changed('"numpy<2.4"', '"--index-url=http://x"'), "dependencies"),
        (changed('">=3.9"', '"three"'), "requires-python"),
        (changed('answers = ["faq/Q1"]\n# reads', "answers = [1]\n# reads"), "answers is [1]"),
        (changed('"No space left on device"', '"err"'), "too short"),
        (HEADER.encode("utf-16"), "not Python in UTF-8"),
        (changed('"""Look', 'print((((\n"""Look'), "not Python in UTF-8"),
        (HEADER.encode() + b"#" * 300_000, "limit 200,000"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(script: bytes, said: str) -> None:
    with pytest.raises(CheckMalformed) as caught:
        parse_check(script, "disk")
    assert said in str(caught.value)
    assert str(caught.value).startswith("disk.py: ")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["Disk", "../disk", "", "di sk", "x" * 65])
def test_an_id_is_no_path(name: str) -> None:
    with pytest.raises(CheckMalformed):
        parse_check(changed('id = "disk"', f'id = "{name}"'), name)
