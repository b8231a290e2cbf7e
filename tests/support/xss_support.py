"""The XSS corpus, the knowledge base made of it, and a watch that tells what a browser executed."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from playwright.sync_api import Browser, ConsoleMessage, Dialog, Error, Frame, Page, Request
from server_support import ROOT, make_record

from faqkb.ingest import read_sources
from faqkb.kb.building.build import build_snapshot
from faqkb.kb.foreign.html import sanitise
from faqkb.kb.model.encoder import Encoder
from faqkb.kb.records import Record

CORPUS = ROOT / "tests" / "fixtures" / "xss"
_ESCAPE = re.compile(r"\\u\{([0-9a-f]+)\}")
_BATCH = 6  # payloads in the question of a record that ingest had no say in
_FRAMES = 50  # documents shown at once
_NAME_BYTES = 200  # of a file name; most file systems take 255

# The script that every page runs before its own: what a payload calls is told to the test.
WATCH = """
for (const name of ['alert', 'confirm', 'prompt', 'print'])
  window[name] = (said) => void window.__report(`${name}(${said}) at ${location.href}`);
Object.defineProperty(window, '__xss', { set: (value) => void window.__report(`__xss = ${value}`) });
addEventListener('securitypolicyviolation', (event) => {
  // Pictures over plain HTTP are refused, as they should be.
  if (event.effectiveDirective !== 'img-src')
    window.__report(`violation of ${event.effectiveDirective}: ${event.blockedURI} ${event.sample}`);
}, true);
"""

# Fires every event that a handler could wait for, follows every link that is none to a page, and tells what is active
# in the document although nothing called it.
PROVOKE = """
window.__provoke = () => {
  const found = [];
  const addresses = 'href src action formaction xlink:href data background cite poster ping'.split(' ');
  const leads = (value) => ['http:', 'https:', 'mailto:'].includes(URL.parse(value, document.baseURI)?.protocol);
  const never = 'iframe, frame, object, embed, applet, base, style, math, template, portal, area, audio, video,'
    + ' marquee, meta[http-equiv], link[rel=import], svg script, svg a, svg use, svg animate, svg set';
  const isOurs = (script) => script.type.endsWith('json') || new URL(script.src).pathname.startsWith('/static/');
  const ours = '#judge-answer, #tell-maintainer, #go-on'; // hold nothing that anybody but us wrote
  for (const one of document.querySelectorAll(never)) if (!one.matches(ours)) found.push(one.outerHTML);
  for (const script of document.scripts) if (!script.src && !script.type.endsWith('json') || !isOurs(script))
    found.push(script.outerHTML);
  for (const data of document.querySelectorAll('script[type="application/ld+json"]')) JSON.parse(data.textContent);
  const all = [...document.querySelectorAll('*')];
  for (const one of all) for (const { name, value } of one.attributes) {
    if (/^on/i.test(name) || ['style', 'srcdoc', 'srcset'].includes(name)) found.push(one.outerHTML);
    if (addresses.includes(name) && !leads(value)) found.push(one.outerHTML);
  }
  const active = all.filter((one) => [...one.attributes].some(({ name }) => /^on/i.test(name)));
  for (const one of active) for (const { name } of [...one.attributes])
    if (/^on/i.test(name)) one.dispatchEvent(new Event(name.slice(2).toLowerCase()));
  for (const one of all) if (addresses.some((name) => one.hasAttribute(name) && !leads(one.getAttribute(name))))
    one.dispatchEvent(new MouseEvent('click', { bubbles: true, cancelable: true })); // of a drawn link, too
  return found;
};
"""

# Reads the documents at many addresses into frames of one page, each with the address of its answer's own page, and
# provokes them all.
FRAMED = """
async (addresses) => {
  document.body.replaceChildren();
  const shown = addresses.map(async (address) => {
    const reply = await fetch(address, { headers: { Accept: 'text/html' } });
    const frame = document.createElement('iframe');
    frame.srcdoc = await reply.text();
    const loaded = new Promise((done) => frame.addEventListener('load', done));
    document.body.append(frame);
    await loaded;
    return frame.contentWindow.__provoke();
  });
  return (await Promise.all(shown)).flat();
}
"""


def payloads() -> list[str]:
    """Return the whole corpus, file by file."""
    return [payload for group in grouped_payloads().values() for payload in group]


def grouped_payloads() -> dict[str, list[str]]:
    """Return the payloads by the name of their file."""
    return {path.stem: _lines(path) for path in sorted(CORPUS.glob("*.txt"))}


def _lines(path: Path) -> list[str]:
    lines = path.read_text(encoding="utf-8").split("\n")
    return [_ESCAPE.sub(lambda found: chr(int(found[1], 16)), line) for line in lines if line]


def joined(texts: Sequence[str], chars: int) -> list[str]:
    """Return the texts put together, with a blank between them, into as few as `chars` each allow."""
    rows: list[str] = []
    for text in texts:
        if rows and len(rows[-1]) + 1 + len(text) <= chars:
            rows[-1] += f" {text}"
        else:
            rows.append(text)
    return rows


def build_hostile(folder: Path, encoder: Encoder) -> tuple[Record, ...]:
    """Make a knowledge base of the corpus in `folder/kb`, from Markdown in `folder/content`, and return its records.

    Of every payload there is a file that asks and answers with it. In others all payloads of a kind follow each other.
    And there are records that never went through ingest, which would take markup out of a question: pages may not
    trust that it did.
    """
    _write_content(folder / "content")
    ingested = read_sources([folder / "content"])
    records = (*_untreated(), *ingested.records)
    build_snapshot(folder / "kb", records, encoder, checks=ingested.checks)
    return records


def _write_content(content: Path) -> None:
    (content / "checks").mkdir(parents=True)
    for kind, group in grouped_payloads().items():
        written = [payload.replace("\0", "&#0;") for payload in group]  # a file with NUL bytes is refused
        together = "\n\n".join(written)
        (content / f"{kind}.md").write_text(f"## What about {kind}?\n\n{together}\n", encoding="utf-8")
        for number, payload in enumerate(written, 1):
            name = _file_name(f"{kind} {number}", payload)
            (content / name).write_text(_markdown(payload, f"{kind} {number}"), encoding="utf-8")
    (content / "checks" / "hostile.py").write_text(_script("</script><img src=x onerror=alert(1)>"), encoding="utf-8")


def _file_name(name: str, payload: str) -> str:
    hostile = f"{name} {payload}.md"
    is_legal = "/" not in payload and "\0" not in payload and len(hostile.encode()) <= _NAME_BYTES
    return hostile if is_legal else f"{name}.md"


def _markdown(payload: str, name: str) -> str:
    quotable = '"' not in payload and "--" not in payload
    wordings = f'<!-- faq: alt="{payload}" tags="x,{payload[:40]}" -->\n' if quotable else ""
    return f"# {payload}\n\n## Q1: {payload} {name}\n{wordings}\n**A**: {payload}\n\n{payload}\n"


def _script(payload: str) -> str:
    labels = (ROOT / "content" / "checks" / "labels.py").read_text(encoding="utf-8")
    fields = {"id": "hostile", "title": payload, "title_zh": payload}
    for name, value in fields.items():
        labels = re.sub(rf"(?m)^# {name} = .*$", f"# {name} = {value!r}", labels)
    answers = [f"prototype_keys/{'what-about-prototype-keys'}"]
    labels = re.sub(r"(?m)^# answers = .*$", f"# answers = {answers}".replace("'", '"'), labels)
    return labels.replace('"""Find out', f'"""{payload} Find out', 1)


def _untreated() -> list[Record]:
    every = payloads()
    batches = [every[start : start + _BATCH] for start in range(0, len(every), _BATCH)]
    return [_untreated_record(number, batch) for number, batch in enumerate(batches)]


def _untreated_record(number: int, batch: Sequence[str]) -> Record:
    words = " ".join(batch)
    fields = {"alternates": tuple(batch[:2]), "tags": tuple(batch), "answer_text": words}
    record = make_record(f"untreated/{number} {batch[0]}", words, answer_html=sanitise(words), **fields)
    return replace(record, section=tuple(batch[:2]), source=replace(record.source, path=f"{batch[-1]}.md"))


@dataclass
class Watch:
    """A browser context in which nothing may be executed."""

    browser: Browser
    url: str
    """Of the server, `http://127.0.0.1:port`."""
    bypass_csp: bool
    seen: list[str] = field(default_factory=list)
    """What happened that must not, in words."""

    def __post_init__(self) -> None:
        self.context = self.browser.new_context(base_url=self.url, bypass_csp=self.bypass_csp, locale="en-US")
        self.context.set_default_timeout(10_000)
        self.context.expose_binding("__report", lambda _source, said: self.seen.append(said))
        self.context.add_init_script(WATCH + PROVOKE)
        self.context.on("request", self._requested)
        self.context.on("page", self._opened)
        self.page = self.new_page()

    def new_page(self) -> Page:
        """Open a page of our own, which is no pop-up."""
        self._opening = True
        page = self.context.new_page()
        self._opening = False
        page.on("dialog", self._dialog)
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.seen.append(f"error: {error}"))
        page.on("framenavigated", self._navigated)
        return page

    def visit(self, address: str, page: Page | None = None) -> None:
        """Open an address, fire whatever could be waiting in it, and note what is active."""
        page = page or self.page
        page.goto(address, wait_until="load")
        self.provoke(page)

    def visit_all(self, addresses: Sequence[str]) -> None:
        """Do the same with many addresses at once. Only without CSP, which frames would have from the page around."""
        assert self.bypass_csp
        self.page.goto("/no")
        for start in range(0, len(addresses), _FRAMES):
            found = self.page.evaluate(FRAMED, list(addresses[start : start + _FRAMES]))
            self.seen += [f"active: {html[:300]}" for html in found]

    def provoke(self, page: Page | None = None) -> None:
        """Fire whatever could be waiting in the page as it is."""
        page = page or self.page
        try:
            self.seen += [f"active: {html[:300]}" for html in page.evaluate("__provoke()")]
        except Error as error:  # the page goes elsewhere by itself
            self.seen.append(f"{page.url}: {error.message}")

    def close(self) -> list[str]:
        """Close it and return what was seen."""
        self.page.wait_for_timeout(100)  # for what was put off by a timer
        self.context.close()
        return self.seen

    def _requested(self, request: Request) -> None:
        is_abroad = request.url.startswith(("http", "ws", "ftp")) and not request.url.startswith(f"{self.url}/")
        if is_abroad and request.resource_type != "image":  # pictures of answers may come from anywhere
            self.seen.append(f"{request.resource_type} from elsewhere: {request.url}")

    def _opened(self, page: Page) -> None:
        if not self._opening:
            self.seen.append(f"a page was opened: {page.url}")

    def _dialog(self, dialog: Dialog) -> None:
        self.seen.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def _console(self, message: ConsoleMessage) -> None:
        is_picture = "Failed to load resource" in message.text or "img-src" in message.text
        if message.type in {"error", "warning"} and not is_picture:
            self.seen.append(f"console: {message.text}")

    def _navigated(self, frame: Frame) -> None:
        if not frame.url.startswith((self.url, "about:blank", "about:srcdoc", "chrome-error:")):
            self.seen.append(f"went to {frame.url}")
