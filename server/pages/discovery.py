"""What lets programs find the pages and read them: OpenSearch, sitemaps, a feed, llms.txt and Markdown."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, time
from email.utils import format_datetime
from itertools import islice
from xml.sax.saxutils import escape, quoteattr

from flask import Blueprint, Response, make_response, redirect, request, url_for
from werkzeug.exceptions import NotFound

from faqkb.kb.knowledge import KnowledgeBase
from faqkb.kb.records import Record
from faqkb.kb.snapshot.days import day_of
from faqkb.server.answering.catalogues import LANGUAGE_PARAMETER, wording
from faqkb.server.answering.leases import leased_knowledge
from faqkb.server.answering.topics import topics_of
from faqkb.server.limits import FEED_ITEMS, FEED_LOOKED_AT, SITEMAP_ADDRESSES
from faqkb.server.pages.views import answer, shortened

discovery = Blueprint("discovery", __name__)

_OPENSEARCH = "application/opensearchdescription+xml; charset=utf-8"
_MARKDOWN = "text/markdown; charset=utf-8"
_SITEMAP = "application/xml; charset=utf-8"
_FEED = "application/rss+xml; charset=utf-8"
_NOT_XML = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
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
        changed = knowledge.days.last
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
    answers = (url_for("pages.answer", record_id=record_id, _external=True) for record_id in ids)
    listed = [*zip(answers, map(knowledge.days.of, range(start, start + len(ids))), strict=True)]
    newest = _topic_days(knowledge) if topics else {}
    listed += [(url_for("pages.topic", address=topic, _external=True), newest[topic]) for topic in topics]
    entries = (f"<url><loc>{escape(each)}</loc><lastmod>{day}</lastmod></url>" for each, day in listed)
    return _xml((f"<urlset {_SITEMAP_SPACE}>", *entries, "</urlset>"), _SITEMAP)


def _topic_days(knowledge: KnowledgeBase) -> dict[str, date]:
    """Return the day on which something changed last on the page of each topic: its questions, or those below."""
    days = dict(zip(knowledge.record_ids(limit=knowledge.record_count), knowledge.days.numbers.tolist(), strict=True))
    found: dict[str, int] = {}
    for topic in topics_of(knowledge).values():
        newest = max((days[each.id] for each in topic.questions), default=0)
        steps = topic.address.split("/")
        for end in range(1, len(steps) + 1):
            address = "/".join(steps[:end])
            found[address] = max(found.get(address, 0), newest)
    return {address: day_of(number) for address, number in found.items()}


@discovery.get("/feed.xml")
def feed() -> Response:
    """List the answers that came or changed last, of one language with `lang` (RSS 2.0)."""
    words = wording()
    address = url_for("discovery.feed", _external=True)
    with leased_knowledge() as knowledge:
        wanted = islice(_changed_last(knowledge, request.args.get(LANGUAGE_PARAMETER)), FEED_ITEMS)
        items = [_item(record, day) for record, day in wanted]
    head = (
        '<rss version="2.0" xmlns:atom="http://www.w3.org/2005/Atom" xmlns:dc="http://purl.org/dc/elements/1.1/">',
        f"<channel><title>{escape(words.site)}</title>",
        f"<link>{escape(url_for('pages.search', _external=True))}</link>",
        f"<description>{escape(words.tagline)}</description>",
        f'<atom:link href={quoteattr(address)} rel="self" type="application/rss+xml"/>',
    )
    response = _xml((*head, *items, "</channel></rss>"), _FEED)
    response.vary.add("Accept-Language")
    return response


def _changed_last(knowledge: KnowledgeBase, language: str | None) -> Iterator[tuple[Record, date]]:
    """Yield records, those that changed last first, of one language where it is given."""
    for position in knowledge.days.newest[:FEED_LOOKED_AT]:
        record = knowledge.record_at(position)
        if not language or record.language == language.partition("-")[0]:
            yield record, knowledge.days.of(position)


def _text(text: str) -> str:
    """Return a text as XML takes it: without control characters, which have no place there."""
    return escape(_NOT_XML.sub("", text))


def _item(record: Record, day: date) -> str:
    """Return an item of the feed: another one each time that the answer changes."""
    address = url_for("pages.answer", record_id=record.id, lang=None, _external=True)
    midnight = datetime.combine(day, time(), UTC)
    return (
        f"<item><title>{_text(record.question)}</title><link>{escape(address)}</link>"
        f'<guid isPermaLink="false">{_text(record.id)} {day}</guid><pubDate>{format_datetime(midnight)}</pubDate>'
        f"<dc:language>{escape(record.language)}</dc:language>"
        f"<description>{_text(shortened(record.answer_text))}</description></item>"
    )


def _xml(lines: tuple[str, ...], content_type: str) -> Response:
    return Response(_HEAD + "\n".join(lines) + "\n", content_type=content_type)
