"""Draws the pictures of the documentation anew: the states of the search box, in the system's Chromium.

    python tools/screenshots.py [--kb DIR]

Needs Chromium and `faqkb[dev]`. Without `--kb` a knowledge base is made of the bundled content.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from PIL import Image  # comes with matplotlib
from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "support")]

from library_support import build_library, write_settings  # noqa: E402
from server_support import DOCKER_QUESTION, WEATHER_QUESTION, served  # noqa: E402

from faqkb.faq.bootstrap import build_if_missing, encoder_folder  # noqa: E402
from faqkb.kb.model.encoder import Encoder  # noqa: E402

SCREENS = ROOT / "docs" / "screens"
COLOURS = 64  # a page of text has few; a third of the bytes
OFF_TOPIC = "how do I renew my passport"
SHORT_QUESTION = "显存和部署"  # fits several records, none well


@dataclass(frozen=True, slots=True)
class Screen:
    """One picture: where it starts, what is typed, and how the browser looks."""

    name: str
    path: str = "/"
    question: str = ""
    state: str = ""
    width: int = 900
    height: int = 720
    scheme: str = "light"
    locale: str = "zh-CN"


SCREENS_WANTED = (
    Screen("start", height=640),
    Screen("answered", question=DOCKER_QUESTION, state="answered"),
    Screen("ambiguous", question=SHORT_QUESTION, state="ambiguous", height=560),
    Screen("no-answer", question=WEATHER_QUESTION, state="no_answer", height=560),
    Screen("answer-page", path=f"/q/faq_2021_s1/Q1.3?q={DOCKER_QUESTION}", height=1000),
    Screen("dark", question="class imbalance", state="answered", scheme="dark", locale="en"),
    Screen("phone", question=DOCKER_QUESTION, state="answered", width=390, height=760),
)
# Of a library's FAQ under its own name.
OWN_NAME_WANTED = (
    Screen("own-name", height=640, locale="en-GB"),
    Screen("own-name-dark", question=OFF_TOPIC, state="no_answer", height=640, scheme="dark", locale="en-GB"),
)


def main() -> None:
    """Write every picture."""
    parser = argparse.ArgumentParser(description="Draw the pictures of the documentation anew.")
    parser.add_argument("--kb", type=Path)
    given = parser.parse_args().kb
    SCREENS.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        with knowledge_base(given) as kb, served(kb) as server:
            draw(browser, server.url, SCREENS_WANTED)
        with library() as home, served(home / "kb", cwd=home) as server:
            draw(browser, server.url, OWN_NAME_WANTED)
        browser.close()


def draw(browser: Browser, url: str, screens: Sequence[Screen]) -> None:
    """Write pictures of one server."""
    for screen in screens:
        path = SCREENS / f"{screen.name}.png"
        with opened(browser, url, screen) as page:
            drawn = Image.open(BytesIO(page.screenshot(scale="css")))
        drawn.quantize(COLOURS, dither=Image.Dither.NONE).save(path, optimize=True)
        print(f"{path.relative_to(ROOT)}: {path.stat().st_size / 1000:.0f} kB")


@contextmanager
def library() -> Iterator[Path]:
    """Lend a folder with the FAQ of a library, and a faq.toml that gives it a name."""
    with tempfile.TemporaryDirectory() as folder:
        home = write_settings(Path(folder))
        build_library(home / "kb", Encoder(encoder_folder(home / "kb")))
        yield home


@contextmanager
def knowledge_base(given: Path | None) -> Iterator[Path]:
    """Lend the knowledge base named, or one of the bundled content."""
    if given:
        yield given
        return
    with tempfile.TemporaryDirectory() as folder:
        build_if_missing(Path(folder) / "kb")
        yield Path(folder) / "kb"


@contextmanager
def opened(browser: Browser, url: str, screen: Screen) -> Iterator[Page]:
    """Lend a page in the state that a screen shows."""
    viewport = {"width": screen.width, "height": screen.height}
    context = browser.new_context(
        base_url=url, locale=screen.locale, color_scheme=screen.scheme, viewport=viewport, reduced_motion="reduce"
    )
    page = context.new_page()
    page.goto(screen.path)
    if screen.question:
        page.get_by_role("combobox").fill(screen.question)
        page.wait_for_selector(f".live[data-state={screen.state}]")
    yield page
    context.close()


if __name__ == "__main__":
    main()
