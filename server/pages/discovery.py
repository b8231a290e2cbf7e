"""What lets browsers and search engines find the pages: an OpenSearch description and a sitemap."""

from __future__ import annotations

from datetime import UTC, datetime
from xml.sax.saxutils import escape, quoteattr

from flask import Blueprint, Response, url_for
from werkzeug.exceptions import NotFound

from faqkb.kb.knowledge import KnowledgeBase
from faqkb.server.answering.catalogues import wording
from faqkb.server.answering.leases import leased_knowledge
from faqkb.server.answering.topics import topics_of
from faqkb.server.limits import SITEMAP_ADDRESSES

discovery = Blueprint("discovery", __name__)

_OPENSEARCH = "application/opensearchdescription+xml; charset=utf-8"
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
