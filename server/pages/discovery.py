"""What lets programs find the pages and read them: an OpenSearch description, a sitemap, llms.txt and Markdown."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from xml.sax.saxutils import escape, quoteattr

from flask import Blueprint, Response, make_response, redirect, url_for
from werkzeug.exceptions import NotFound

from faqkb.kb.knowledge import KnowledgeBase
from faqkb.kb.records import Record
from faqkb.server.answering.catalogues import wording
from faqkb.server.answering.leases import leased_knowledge
from faqkb.server.answering.topics import topics_of
from faqkb.server.limits import SITEMAP_ADDRESSES
from faqkb.server.pages.views import answer

discovery = Blueprint("discovery", __name__)

_OPENSEARCH = "application/opensearchdescription+xml; charset=utf-8"
_MARKDOWN = "text/markdown; charset=utf-8"
_SITEMAP = "application/xml; charset=utf-8"
_HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'
_SITEMAP_SPACE = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'


@discovery.get("/opensearch.xml")
def opensearch() -> Response:
    """Describe the search box, so that a browser can offer it as a search engine (OpenSearch 1.1)."""
    words = wording()
    address = url_for("pages.search", lang=None, _external=True) + "?q={searchTerms}"
    lines = (
        '<OpenSearchDescription xmlns="http://a9.com/-/spec/opensearch/1.1/">',
        f"<ShortName>{escape(words.site)}</ShortName>",
        f"<Description>{escape(words.tagline)}</Description>",
        f'<Url type="text/html" method="get" template={quoteattr(address)}/>',
        "<InputEncoding>UTF-8</InputEncoding>",
        "</OpenSearchDescription>",
    )
    response = _xml(lines, _OPENSEARCH)
    response.vary.add("Accept-Language")
    return response


@discovery.get("/llms.txt")
def llms() -> Response:
    """List every question with the address of its Markdown, below its headings (llmstxt.org)."""
    words = wording()
    with leased_knowledge() as knowledge:
        topics = [topic for topic in topics_of(knowledge).values() if topic.questions]
    lines = [f"# {words.site}", "", f"> {words.tagline}"]
    left = SITEMAP_ADDRESSES
    for topic in topics:
        asked, left = topic.questions[:left], left - len(topic.questions)
        if not asked:
            break
        listed = (f"- [{_in_brackets(each.text)}]({_markdown_address(each.id)})" for each in asked)
        lines += ["", f"## {' › '.join(topic.titles)}", "", *listed]
    response = Response("\n".join(lines) + "\n", content_type=_MARKDOWN)
    response.vary.add("Accept-Language")
    return response


@discovery.get("/q/<path:record_id>.md")
def markdown(record_id: str) -> Response:
    """Show one stored question with its answer as it was written, for programs that read Markdown."""
    with leased_knowledge() as knowledge:
        named, record = knowledge.resolve(f"{record_id}.md"), knowledge.resolve(record_id)
        is_here = record is not None and record.id == record_id
        if named and (named.id == f"{record_id}.md" or not is_here):  # the name of a record itself
            return make_response(answer(f"{record_id}.md"))
        if record is None:
            raise NotFound
        if record.id != record_id:
            return make_response(redirect(_markdown_address(record.id), 301))
    return Response(markdown_of(record), content_type=_MARKDOWN, headers={"Content-Language": record.language})


def markdown_of(record: Record) -> str:
    """Return a stored question with its answer as it was written, and the address of its page."""
    address = url_for("pages.answer", record_id=record.id, lang=None, _external=True)
    return f"# {record.question}\n\n{record.answer.strip()}\n\n<{address}>\n"


def _markdown_address(record_id: str) -> str:
    return url_for("discovery.markdown", record_id=record_id, _external=True)


def _in_brackets(text: str) -> str:
    """Return a question as the text of a Markdown link."""
    return re.sub(r"[\\\[\]]", r"\\\g<0>", " ".join(text.split()))


@discovery.get("/sitemap.xml")
def sitemap() -> Response:
    """List the address of every answer and topic; above 50,000, the sitemaps that do (sitemaps.org)."""
    with leased_knowledge() as knowledge:
        count = knowledge.record_count + len(topics_of(knowledge))
        if count <= SITEMAP_ADDRESSES:
            return _addresses(knowledge, 1)
        changed = _changed(knowledge)
        pages = range(1, -(-count // SITEMAP_ADDRESSES) + 1)
    addresses = (url_for("discovery.sitemap_page", number=number, _external=True) for number in pages)
    entries = (f"<sitemap><loc>{escape(each)}</loc><lastmod>{changed}</lastmod></sitemap>" for each in addresses)
    return _xml((f"<sitemapindex {_SITEMAP_SPACE}>", *entries, "</sitemapindex>"), _SITEMAP)


@discovery.get("/sitemap-<int:number>.xml")
def sitemap_page(number: int) -> Response:
    """List the addresses of one sitemap, from 1."""
    with leased_knowledge() as knowledge:
        return _addresses(knowledge, number)


def _addresses(knowledge: KnowledgeBase, number: int) -> Response:
    """Return one sitemap: the answers come first, the topics after the last of them."""
    start = (number - 1) * SITEMAP_ADDRESSES
    ids = knowledge.record_ids(start=start, limit=SITEMAP_ADDRESSES)
    skipped = max(start - knowledge.record_count, 0)
    topics = list(topics_of(knowledge))[skipped : skipped + SITEMAP_ADDRESSES - len(ids)]
    if number < 1 or (number > 1 and not ids and not topics):
        raise NotFound
    changed = _changed(knowledge)
    answers = (url_for("pages.answer", record_id=record_id, _external=True) for record_id in ids)
    addresses = [*answers, *(url_for("pages.topic", address=topic, _external=True) for topic in topics)]
    entries = (f"<url><loc>{escape(each)}</loc><lastmod>{changed}</lastmod></url>" for each in addresses)
    return _xml((f"<urlset {_SITEMAP_SPACE}>", *entries, "</urlset>"), _SITEMAP)


def _changed(knowledge: KnowledgeBase) -> str:
    """Return the day the snapshot was published."""
    return datetime.fromisoformat(knowledge.created).astimezone(UTC).date().isoformat()


def _xml(lines: tuple[str, ...], content_type: str) -> Response:
    return Response(_HEAD + "\n".join(lines) + "\n", content_type=content_type)
