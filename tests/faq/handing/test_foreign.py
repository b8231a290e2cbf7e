"""`faq export` for other systems and `faq import` of the same: nothing of a record is lost on the way."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from cli_support import faq
from imported_support import imported, told

from faqkb.faq.handing.foreign import azure_tsv, docsearch_records, fastgpt_csv, maxkb_csv, qna_pairs, qnabot_json
from faqkb.ingest import read_sources
from faqkb.kb.records import Record

ROOT = Path(__file__).parents[3]
WAYS = {
    "azure-tsv": azure_tsv,
    "maxkb-csv": maxkb_csv,
    "fastgpt-csv": fastgpt_csv,
    "qnabot-json": qnabot_json,
    "docsearch": docsearch_records,
    "qna": qna_pairs,
}
FAQ = """# FAQ

## Where does `C:\\new` go?

<!-- faq: id=path alt="=cmd|' /C calc'!A0" alt="-1; +2" tags="a b,c:d,e|f" version=2.1 -->

It goes to `C:\\new\\tab`, see `\\\\n`:

```python
print("a\\tb\\n")
```

| a | b |
| - | - |
| 1 | "2" |

### A heading within?

'quoted, and = sign

## Why?

=1+1 is what a spreadsheet computes; <b>bold</b> -> here
"""


@pytest.fixture(scope="module")
def content(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("content")
    (folder / "en").mkdir()
    (folder / "en" / "faq.md").write_text(FAQ, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def ours() -> tuple[Record, ...]:
    return read_sources([ROOT / "content"]).records


@pytest.mark.parametrize("form", WAYS)
def test_an_export_imported_gives_the_same_records(form: str, content: Path, tmp_path: Path) -> None:
    check_round_trip(WAYS[form], form, read_sources([content]).records, tmp_path)


@pytest.mark.parametrize("form", WAYS)
def test_our_own_content_goes_and_comes_back(form: str, ours: tuple[Record, ...], tmp_path: Path) -> None:
    check_round_trip(WAYS[form], form, ours, tmp_path)


@pytest.mark.parametrize("form", ["csv", "azure-tsv"])
def test_what_the_command_writes_the_command_reads(form: str, kb_folder: Path, tmp_path: Path) -> None:
    table = tmp_path / "ours.txt"
    table.write_text(faq("export", "--format", form, "--kb", kb_folder).stdout, encoding="utf-8", newline="")
    done = faq("import", table, "--to", tmp_path / "to", "--json")
    assert (json.loads(done.stdout)["left_out"], json.loads(done.stdout)["changed"]) == ([], [])
    found = {record.id: record for record in read_sources([tmp_path / "to"]).records}
    before = [json.loads(line) for line in faq("export", "--format", "jsonl", "--kb", kb_folder).stdout.splitlines()]
    assert found.keys() == {record["id"] for record in before}
    for record in before:
        again = found[record["id"]].to_json()
        for name in ("question", "alternates", "tags", "versions"):
            assert again[name] == record[name]
        assert form != "csv" or again["answer"] == record["answer"]  # in Azure's, links lead where they do here


def check_round_trip(
    export: Callable[[Iterator[Record]], Iterator[str]], form: str, records: tuple[Record, ...], folder: Path
) -> None:
    text = "".join(f"{line}\n" for line in export(iter(records)))
    layout, found = imported(text.encode(), f"ours.{form[-3:]}", folder)
    assert layout.left_out == ()
    assert layout.changed == ()
    for record in records:
        assert told(found[record.id])[:2] == told(record)[:2]
        assert found[record.id].answer == record.led_markdown()
        assert told(found[record.id])[3:] == told(record)[3:]
    assert len(found) == len(records)
