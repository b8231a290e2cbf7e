"""Replies compressed with gzip for clients that take it.

Ours rather than Flask-Compress: that brings three compressors in C, and lets a 304 carry another ETag than the reply
it stands for. What is left is this file.

No page or reply holds a secret of its reader beside text that somebody else chose, so lengths tell nothing (BREACH).
Source: RFC 9110, 8.4, 8.8.3.3 and 12.5.3.
"""

from __future__ import annotations

import gzip
from functools import lru_cache

from flask import Flask, Response, request
from werkzeug.datastructures import Accept

from faqkb.server.limits import COMPRESSED_FROM_BYTES, COMPRESSION_LEVEL

_CODING = "gzip"
_FILES = "static"
_ALIASES = (_CODING, "x-gzip")
_TYPES = frozenset(
    {
        "application/json",
        "application/javascript",
        "application/opensearchdescription+xml",
        "application/problem+json",
        "application/xml",
        "image/svg+xml",
    }
)


def install_compression(app: Flask) -> None:
    """Compress what is worth it; to be called before every other hook, so as to act after all of them."""
    app.after_request(_compressed)


def _compressed(response: Response) -> Response:
    if response.status_code == 304:
        _keep_form_of_tag(response)
        response.vary.add("Accept-Encoding")
        return response
    if not _is_compressible(response):
        return response
    response.vary.add("Accept-Encoding")
    if not accepts_gzip(request.accept_encodings):
        return response
    if request.method != "HEAD":
        pack = _packed_file if request.endpoint == _FILES else _packed
        response.set_data(pack(response.get_data()))
    else:
        response.headers.pop("Content-Length", None)
    response.headers["Content-Encoding"] = _CODING
    _weaken_tag(response)
    return response


def accepts_gzip(accepted: Accept) -> bool:
    """Return whether gzip is wanted at least as much as what it would be made from."""
    qualities = {coding.lower(): quality for coding, quality in accepted}
    otherwise = qualities.get("*", 0)
    gzipped = max((qualities[name] for name in _ALIASES if name in qualities), default=otherwise)
    # What is not named is acceptable, but nobody asked for it.
    plain = qualities.get("identity", 0 if gzipped else 1)
    return gzipped > 0 and gzipped >= plain


def _packed(content: bytes) -> bytes:
    """Return the content compressed, without a time: the same reply is the same bytes."""
    return gzip.compress(content, COMPRESSION_LEVEL, mtime=0)


_packed_file = lru_cache(maxsize=16)(_packed)  # there are eight of them, 50 kB at most


def _is_compressible(response: Response) -> bool:
    if response.status_code in {204, 206} or "Content-Encoding" in response.headers:
        return False
    kind = response.mimetype or ""
    if kind == "text/event-stream":  # clients read it event by event
        return False
    if not (kind.startswith("text/") or kind in _TYPES):
        return False
    if response.direct_passthrough and request.endpoint == _FILES:
        response.direct_passthrough = False  # our own small files: read whole, and compressed once
    elif response.direct_passthrough or response.is_streamed:
        return False
    return len(response.get_data()) >= COMPRESSED_FROM_BYTES


def _weaken_tag(response: Response) -> None:
    """Two forms of a reply may not share a strong ETag; a weak one says that they mean the same."""
    tag, is_weak = response.get_etag()
    if tag is not None and not is_weak:
        response.set_etag(tag, weak=True)


def _keep_form_of_tag(response: Response) -> None:
    """Name the reply in the form that the client holds it in."""
    tag, _ = response.get_etag()
    if tag is not None and not request.if_none_match.contains(tag):
        response.set_etag(tag, weak=True)
