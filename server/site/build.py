"""The pages as files: what any plain file server can serve, with a search that runs in the reader's browser.

The server's own views and templates make the pages; only the addresses are others, each relative to the page it stands
on, so that the site works below any path. What needs a server is left out: feedback, the API, OpenSearch.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from posixpath import relpath
from typing import Any, cast
from urllib.parse import quote, urlsplit

from flask import Flask, request

from faqkb.kb.errors import Busy, SnapshotDamaged
from faqkb.kb.knowledge import KnowledgeBase
from faqkb.kb.records import Record
from faqkb.kb.snapshot.client_index import client_index
from faqkb.server.access.decision import NO_ACCESS_CONTROL
from faqkb.server.answering import tokens
from faqkb.server.answering.catalogues import LANGUAGE_PARAMETER, wordings
from faqkb.server.answering.leases import EXTENSION
from faqkb.server.answering.reload import KnowledgeHolder
from faqkb.server.answering.tokens import GivenAnswer
from faqkb.server.answering.topics import address_of, topics_of
from faqkb.server.app import create_app
from faqkb.server.branding import NO_BRANDING, Branding
from faqkb.server.http.security import SECURITY_HEADERS
from faqkb.server.pages.brand import brand_of
from faqkb.server.pages.discovery import markdown_of
from faqkb.server.pages.live import ANSWERER
from faqkb.server.settings import ServerSettings
from faqkb.server.site import picture, talking
from faqkb.server.site.meaning import FOLDER, MeaningSearch, browser_encoder
from faqkb.server.site.offline import REGISTERING, SCRIPT, offline_script, service_worker
from faqkb.server.site.runtime import MeaningOptions, runtime_files
from faqkb.server.wording.spoken import WORDINGS
from faqkb.server.wording.texts import Wording

SHARD_RECORDS = 50  # in one file of answers, about 40 kB gzipped; a question loads one to three of them
MISSING = "404.html"
"""The page that hosts of static files send for what is not there, at whatever address."""
_PAGE = "faq.site.page"  # in the environment of a request: the address of the page within the site
_ANSWER_ADDRESS = "_"  # stands for any record where the search box is told how answers are addressed
# Ours are ids like `faq_2021_s1/Q1.3`; these cannot be file names everywhere, or mean something in a path.
_UNSAFE = re.compile(r'[\x00-\x1f\x7f\\:*?"<>|~]|^\.|[. ]$|^index\.html$', re.IGNORECASE)
_SEGMENT_BYTES = 200  # file systems take 255
_SEARCH_FILES = ("answerer.js", "conversing.js", "following.js", "missing.js", "ranking.js", "words.js")
_SHARED_FILES = ("search.js", "page.js", "style.css", "icon.svg")


@dataclass(frozen=True, slots=True)
class SiteFile:
    """One file of the site."""

    path: str
    """Relative to the site's folder, with forward slashes."""
    content: bytes


def site_files(
    kb_folder: Path,
    base_url: str | None = None,
    branding: Branding = NO_BRANDING,
    progress: Callable[[int, int], None] = lambda done, total: None,
    meaning: MeaningOptions | None = None,
    *,
    offline: bool = False,
) -> Iterator[SiteFile]:
    """Yield every file of the site over the live snapshot; `base_url` is where it will be, for absolute addresses.

    `progress` is called with how many pages are made, and of how many. With `meaning` the site answers by meaning,
    `offline` readers' browsers keep it.
    Raises what KnowledgeBase.open raises, ConfigError, and Busy when another snapshot is published meanwhile; with
    `meaning` also ExportRefused, ModelMissing and ModelDamaged.
    """
    settings = ServerSettings(access=NO_ACCESS_CONTROL, branding=branding)  # nobody but this program asks
    app = cast(_SiteApp, create_app(kb_folder, kind=_SiteApp, settings=settings))
    holder = cast(KnowledgeHolder, app.extensions[EXTENSION])
    try:
        with holder.lease() as knowledge:
            build = _SiteBuild(app, knowledge, base_url, meaning, offline=offline)
            digests = {}
            for file in build.files(progress):
                digests[file.path] = hashlib.sha256(file.content).hexdigest()
                yield file
            if offline:
                yield SiteFile(SCRIPT, service_worker(map(app.start, WORDINGS.values()), digests))
    finally:
        holder.close()


def page_folders(record_ids: Sequence[str]) -> dict[str, str]:
    """Return the folder of each record's page below `q/`: its id, but for what a file system cannot hold or tell apart.

    No folder is inside another page's file, and no two are the same where case does not count.
    """
    folders: dict[str, str] = {}
    taken: set[str] = set()
    for record_id in record_ids:
        folder = "/".join(map(_segment, record_id.split("/")))
        if folder.casefold() in taken:
            folder += f"~{_digest(record_id.encode())}"
        taken.add(folder.casefold())
        folders[record_id] = folder
    return folders


def markdown_pages(folders: Mapping[str, str]) -> dict[str, str]:
    """Return where each record's Markdown is: beside its page's folder, and within it where that is taken,
    under a name that no folder has.

    `folders` are those of all pages, of former ids too: a file is no folder that another page lies in.
    """
    taken = {folder.casefold() for folder in folders.values()}
    taken |= {above for folder in taken for above in _above(folder)}
    return {
        record_id: f"q/{folder}/~index.md" if f"{folder}.md".casefold() in taken else f"q/{folder}.md"
        for record_id, folder in folders.items()
    }


def _above(folder: str) -> Iterator[str]:
    """Yield the folders that a folder lies in."""
    while "/" in folder:
        folder = folder.rpartition("/")[0]
        yield folder


def _segment(name: str) -> str:
    if not name or _UNSAFE.search(name) or len(name.encode()) > _SEGMENT_BYTES:
        return f"~{_digest(name.encode())}"
    return name


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:12]


class _NoTokens(tokens.AnswerTokens):
    """Without a server nobody takes feedback, so there is nothing to sign; pages without a token have no forms."""

    def sign(self, given: GivenAnswer, *, now: float | None = None) -> str:
        return ""


class _SiteApp(Flask):
    """The application, with the addresses of files."""

    folders: dict[str, str]
    """Of each record's page."""
    markdown: dict[str, str]
    """Where each record's Markdown is."""
    assets: str
    """Folder of scripts, styles and index."""
    base_url: str | None
    main: Wording
    """Of the start page at the top."""

    def url_for(
        self,
        endpoint: str,
        *,
        _anchor: str | None = None,
        _method: str | None = None,
        _scheme: str | None = None,
        _external: bool | None = None,
        **values: Any,
    ) -> str:
        """Return an address relative to the page being made; with `_external` an absolute one where that is known."""
        target = self._target(endpoint, values)
        if _external and self.base_url:
            return self.base_url + quote(target)
        return self.seen_from(request.environ.get(_PAGE, ""), target)

    def seen_from(self, page: str, target: str) -> str:
        """Return the address of a target as seen from a page; the page for what is not there is seen anywhere."""
        if page == MISSING and self.base_url:
            return urlsplit(self.base_url).path + quote(target)
        return relative(target, page)

    def _target(self, endpoint: str, values: dict[str, Any]) -> str:
        if endpoint in {"pages.search", "discovery.feed"}:
            start = self.start(page_wording(values.get(LANGUAGE_PARAMETER) or request.accept_languages.best or ""))
            return start if endpoint == "pages.search" else f"{start}feed.xml"
        if endpoint == "pages.topic":
            return topic_page(values["address"])
        if endpoint == "discovery.markdown":
            return self.markdown[values["record_id"]]
        if endpoint == "pages.answer":
            record_id = values["record_id"]
            return f"q/{_ANSWER_ADDRESS}" if record_id == _ANSWER_ADDRESS else f"q/{self.folders[record_id]}/"
        patterns = {
            "scripts.script": "checks/{check_id}.py",
            "pictures.picture": "pictures/{name}",
            "static": "{assets}/{filename}",
            "brand.file": "{assets}/{name}",
            "discovery.sitemap_page": "sitemap-{number}.xml",
        }
        # No other endpoint is shown by any page: it needs a server.
        return patterns.get(endpoint, "").format(**values, assets=self.assets)

    def start(self, words: Wording) -> str:
        """Return the address of the start page in a language, within the site."""
        return "" if words is self.main else f"{words.language_code}/"


def page_wording(language: str) -> Wording:
    """Return the words for a page in a language, e.g. `zh-CN`: English ones where there are none."""
    return WORDINGS.get(language.partition("-")[0], WORDINGS["en"])


def topic_page(address: str) -> str:
    """Return the address of a topic's page within the site."""
    return f"topics/{'/'.join(map(_segment, address.split('/')))}/"


def relative(target: str, page: str) -> str:
    """Return the address of a target as seen from a page, both within the site; a folder ends with a slash.

    `relative("q/a/1/", "q/b/2/")` is `../../a/1/`; of the page itself it is `./`.
    """
    folder = page.rpartition("/")[0]
    path = quote(relpath(target or ".", folder or "."))
    return f"{path}/" if not target or target.endswith("/") else path


@dataclass(frozen=True, slots=True)
class _Page:
    """A page to be made."""

    path: str
    """Of the server's own view."""
    address: str
    """Within the site; a folder."""
    words: Wording


class _SiteBuild:
    """One run over one snapshot."""

    def __init__(
        self,
        app: _SiteApp,
        knowledge: KnowledgeBase,
        base_url: str | None,
        meaning: MeaningOptions | None,
        *,
        offline: bool,
    ) -> None:
        self.app = app
        self.offline = offline
        self.knowledge = knowledge
        self.records = tuple(knowledge.all_records())
        app.base_url = f"{base_url.rstrip('/')}/" if base_url else None
        self.moved = knowledge.moved()
        app.folders = page_folders([*(record.id for record in self.records), *self.moved])
        app.markdown = markdown_pages(app.folders)
        languages = Counter(record.language for record in self.records)
        app.main = max(WORDINGS.values(), key=lambda words: languages[words.language_code])
        app.extensions[tokens.EXTENSION] = _NoTokens(Path())
        self.meaning = meaning and self._meaning(meaning)
        with app.app_context():
            self.topics = topics_of(knowledge)
        app.config[ANSWERER] = f"./{FOLDER}/answerer.js" if self.meaning else "./answerer.js"
        self.search = tuple(self._search_files())
        app.assets = f"assets/{_digest(b''.join(each.content for each in self.search))}"
        app.jinja_env.globals["static_address"] = lambda name: app.url_for("static", filename=name)
        app.jinja_env.globals["language_links"] = self.starts
        app.jinja_env.globals["site"] = self
        if self.drawn:
            app.jinja_env.globals["shared_picture"] = lambda: f"{app.base_url}{picture.FILE}"

    def _meaning(self, options: MeaningOptions) -> MeaningSearch:
        runtime = runtime_files(options.package)
        return MeaningSearch(self.knowledge, runtime, browser_encoder(options.languages, self.records))

    @property
    def drawn(self) -> dict[str, int] | None:
        """The size of the picture beside links to the site: there is none where the operator's logo is shown there."""
        logo = brand_of(self.app).logo
        is_shown = logo is not None and logo.media_type != "image/svg+xml"
        return {"width": picture.WIDTH, "height": picture.HEIGHT} if self.app.base_url and not is_shown else None

    @property
    def policy(self) -> str:
        """The server's own policy, but for what a page cannot say of itself."""
        rules = SECURITY_HEADERS["Content-Security-Policy"].split("; ")
        return "; ".join(rule for rule in rules if not rule.startswith("frame-ancestors"))

    def starts(self) -> list[tuple[Wording, str]]:
        """Return the start page in each language, as seen from the page that is being made."""
        page = request.environ[_PAGE]
        return [(words, self.app.seen_from(page, self.app.start(words))) for words in WORDINGS.values()]

    def files(self, progress: Callable[[int, int], None]) -> Iterator[SiteFile]:
        """Yield the files, pages first."""
        pages = list(self._pages())
        for done, page in enumerate(pages, 1):
            yield SiteFile(f"{page.address}index.html", self._get(page.path, page.address, page.words))
            progress(done, len(pages))
        for record in self.records:
            address = self.app.markdown[record.id]
            with self.app.test_request_context(environ_overrides={_PAGE: address}):  # a server may have a page there
                yield SiteFile(address, markdown_of(record).encode())
        yield SiteFile("llms.txt", self._get("/llms.txt", "llms.txt", self.app.main))
        yield from _moved_pages(self.app, self.records, self.moved)
        for check in self.knowledge.checks():
            yield SiteFile(f"checks/{check.id}.py", check.script)
        for shown in self.knowledge.pictures():
            yield SiteFile(f"pictures/{shown.name}", self.knowledge.picture(shown.name) or b"")
        for file in self.search:
            yield SiteFile(f"{self.app.assets}/{file.path}", file.content)
        for path, content in self.meaning.lasting() if self.meaning else ():
            yield SiteFile(path, content)
        if self.app.base_url:
            yield SiteFile(MISSING, self._get(f"/{MISSING}", MISSING, self.app.main, status=404))
            yield from self._sitemaps()
            yield from self._feeds()
        if self.drawn:
            yield SiteFile(picture.FILE, picture.shared_picture(brand_of(self.app).palette))
        yield SiteFile(".nojekyll", b"")  # or GitHub's pages leave out every folder that starts with `_`

    def _pages(self) -> Iterator[_Page]:
        for words in WORDINGS.values():
            yield _Page("/", self.app.start(words), words)
        for address, topic in self.topics.items():
            yield _Page(f"/topics/{quote(address)}", topic_page(address), page_wording(topic.language))
        for record in self.records:
            folder = self.app.folders[record.id]
            yield _Page(f"/q/{quote(record.id)}", f"q/{folder}/", page_wording(record.language))

    def _get(self, path: str, page: str, words: Wording = WORDINGS["en"], *, status: int = 200) -> bytes:
        """Return what the server's own view says at a path, with the addresses of a page of the site."""
        asking = {"Accept": "text/html, */*", "Accept-Language": words.language}
        response = self.app.test_client().get(path, headers=asking, environ_overrides={_PAGE: page})
        if response.status_code != status:
            raise SnapshotDamaged(f"{path}: cannot be shown (status {response.status_code}); run `faq doctor`")
        if response.headers.get("X-KB-Generation", self.knowledge.name) != self.knowledge.name:
            raise Busy("the knowledge base got a new snapshot while it was exported; export again")
        return response.get_data()

    def _sitemaps(self) -> Iterator[SiteFile]:
        first = self._get("/sitemap.xml", "sitemap.xml")
        yield SiteFile("sitemap.xml", first)
        for name in re.findall(rb"<sitemap><loc>[^<]*?(sitemap-\d+\.xml)</loc>", first):
            yield SiteFile(name.decode(), self._get(f"/{name.decode()}", name.decode()))

    def _feeds(self) -> Iterator[SiteFile]:
        for words in WORDINGS.values():
            address = f"{self.app.start(words)}feed.xml"
            yield SiteFile(address, self._get(f"/feed.xml?lang={words.language_code}", address, words))

    def _search_files(self) -> Iterator[SiteFile]:
        """Yield what the search in the browser is made of."""
        own = brand_of(self.app).files
        for name in _SHARED_FILES:
            if name not in own:
                yield SiteFile(name, files("faqkb.server.pages").joinpath("static", name).read_bytes())
        for file in own.values():
            yield SiteFile(file.name, file.content)
        if self.offline:
            yield SiteFile(REGISTERING, offline_script(REGISTERING))
        for name in (*_SEARCH_FILES, *(f"conversation/{name}" for name in talking.SCRIPTS)):
            yield SiteFile(name, files("faqkb.server.site").joinpath(name).read_bytes())
        yield SiteFile("lists.json", _json(talking.word_lists()))
        with self.app.app_context():
            yield SiteFile("talk.json", _json(talking.talk_texts(wordings())))
        related = talking.related_records(self.records, self.app.folders, list(self.topics.values()))
        yield SiteFile("related.json", _json(related))
        yield SiteFile("index.json", _json(search_index(self.records)))
        for start in range(0, len(self.records), SHARD_RECORDS):
            shard = self.records[start : start + SHARD_RECORDS]
            entries = [_answer_entry(self.app, self.knowledge, record) for record in shard]
            yield SiteFile(f"records-{start // SHARD_RECORDS}.json", _json(entries))

        for path, content in self.meaning.scripts(SHARD_RECORDS) if self.meaning else ():
            yield SiteFile(path, content)


def _moved_pages(app: _SiteApp, records: Sequence[Record], moved: Mapping[str, str]) -> Iterator[SiteFile]:
    """Yield a page at each address of before that leads on: no plain file server redirects by itself."""
    template = app.jinja_env.get_template("moved.html")
    by_id = {record.id: record for record in records}
    for former, now in moved.items():
        page = f"q/{app.folders[former]}/"
        target = f"q/{app.folders[now]}/"
        here = relative(target, page)
        address = app.base_url + quote(target) if app.base_url else here
        content = template.render(record=by_id[now], address=address, here=here)
        yield SiteFile(f"{page}index.html", content.encode())


def _answer_entry(app: _SiteApp, knowledge: KnowledgeBase, record: Record) -> dict[str, object]:
    """Return what the answerer makes an answer document of."""
    checks = [check.to_json() for check in knowledge.checks_of(record)]
    return {
        "id": f"{app.folders[record.id]}/",  # addressed so, no file server has to redirect
        "question": record.question,
        "language": record.language,
        "answer_html": record.answer_html,
        "text": record.answer_text,
        "source": {
            "path": record.source.path,
            "line": record.source.line,
            "section": record.section,
            "topic": topic_page(address_of(record.source.path, record.section)),
        },
        "checks": [check | {"url": check["url"].lstrip("/")} for check in checks],
    }


def search_index(records: Sequence[Record]) -> dict[str, Any]:
    """Return the content of `index.json`: the index, its weights, and how the answers are cut into files."""
    ranking = json.loads(files("faqkb.server.site").joinpath("ranking.json").read_text(encoding="utf-8"))
    return {**client_index(records), "ranking": ranking, "shard_records": SHARD_RECORDS}


def _json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
