"""From a key to the painted answer: questions typed letter by letter into the search box of a real browser."""

from __future__ import annotations

import re
import shutil
import statistics
import sys
from collections.abc import Sequence
from dataclasses import dataclass

from playwright.sync_api import Page, sync_playwright
from results import Row, Table, at_most, print_tables
from support import ROOT, corpus_questions, corpus_records, prepared_encoder, workshop

from faqkb.ingest import read_sources
from faqkb.kb.building.build import build_snapshot

sys.path.insert(0, str(ROOT / "tests" / "support"))
from server_support import served

QUESTIONS = 200
KEY_MS = 5  # between two letters: only the last one counts, and all must come within the debounce
P50_MS, P95_MS = 60, 120  # wanted, after the debounce
WARMING = 5  # questions that are asked first and not counted

# Notes when the last letter came, when the answer was drawn and when the frame that shows it was over: the second
# animation frame after a change of the page begins when the first has been painted.
CLOCK = """() => {
  const input = document.querySelector('#question');
  window.times = {};
  input.addEventListener('input', (event) => { times = { key: event.timeStamp }; }, true);
  new MutationObserver(() => {
    const { state } = document.querySelector('.live').dataset;
    if (state === 'typing' || state === 'empty' || times.drawn || !times.key) return;
    times.drawn = performance.now();
    const { key } = times;
    requestAnimationFrame(() => requestAnimationFrame((now) => {
      if (times.key === key) times.painted = now;
    }));
  }).observe(document.querySelector('.live'), { attributes: true, attributeFilter: ['data-state'] });
}"""


@dataclass(frozen=True, slots=True)
class Wait:
    """What a reader waited for one answer."""

    drawn_ms: float
    """From the last key until the answer stood in the page, the debounce in it."""
    painted_ms: float
    """From the last key until it was painted, the debounce in it."""


def debounce_ms() -> float:
    """Return the pause that the search box waits for, from its own source."""
    source = (ROOT / "server" / "pages" / "static" / "search.js").read_text(encoding="utf-8")
    found = re.search(r"DEBOUNCE_MS = (\d+)", source)
    if found is None:
        raise SystemExit("search.js names no DEBOUNCE_MS; tell benchmarks/typing_latency.py what it is called now")
    return float(found[1])


def questions() -> list[str]:
    """Return questions in both languages, by turns: those of the corpus, and the stored ones of the English content."""
    english = [record for record in read_sources([ROOT / "content" / "en"]).records if record.language == "en"]
    wordings = [text for record in english for text in (record.question, *record.alternates)]
    chinese = corpus_questions(QUESTIONS - min(len(wordings), QUESTIONS // 2))
    return [*chinese, *wordings[: QUESTIONS - len(chinese)]]


def type_questions(page: Page, texts: Sequence[str]) -> list[Wait]:
    """Type each question into the box and return how long its answer took."""
    page.evaluate(CLOCK)
    box, waits = page.locator("#question"), []
    for text in texts:
        box.fill("")
        box.press_sequentially(text, delay=KEY_MS)
        page.wait_for_function("times.painted !== undefined")
        times = page.evaluate("times")
        waits.append(Wait(times["drawn"] - times["key"], times["painted"] - times["key"]))
    return waits


def percentile(values: Sequence[float], percent: int) -> float:
    """Return a percentile, between the values where it lies there."""
    return statistics.quantiles(values, n=100, method="inclusive")[percent - 1]


def measure() -> list[Table]:
    """Return what was measured."""
    records, texts, pause = corpus_records(), questions(), debounce_ms()
    chromium = shutil.which("chromium")
    if chromium is None:
        raise SystemExit("chromium is not installed; Debian: apt-get install chromium fonts-noto-cjk")
    with workshop() as folder:
        build_snapshot(folder / "kb", records, prepared_encoder())
        with served(folder / "kb") as server, sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
            # Only the test waits in the page, by a function of a string; nothing of the search box depends on it.
            page = browser.new_context(base_url=server.url, locale="zh-CN", bypass_csp=True).new_page()
            page.goto("/")
            type_questions(page, texts[:WARMING])
            page.goto("/")
            waits = type_questions(page, texts)
            browser.close()
    after = [wait.painted_ms - pause for wait in waits]
    from_key = [wait.painted_ms for wait in waits]
    drawn = [wait.drawn_ms - pause for wait in waits]
    title = f"Typing, {len(records)} records, {len(waits)} questions in Chinese and English, debounce {pause:.0f} ms"
    rows = (
        Row("from the last key to the painted answer, p50", percentile(from_key, 50), "ms"),
        Row("from the last key to the painted answer, p95", percentile(from_key, 95), "ms"),
        Row("after the debounce until it is drawn, p50", percentile(drawn, 50), "ms"),
        Row("after the debounce until it is painted, p50", percentile(after, 50), "ms", at_most(P50_MS)),
        Row("after the debounce until it is painted, p95", percentile(after, 95), "ms", at_most(P95_MS)),
    )
    return [Table(title, rows)]


if __name__ == "__main__":
    sys.exit(0 if print_tables(measure()) else 1)
