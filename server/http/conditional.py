"""Replies that a client may keep: an ETag made before the work, and 304 where the client's still holds.

Source: RFC 9110, 8.8.3 and 13.1.2; RFC 9111, 5.2.2.4.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass

from flask import Response, request

from faqkb.kb.knowledge import KnowledgeBase
from faqkb.server.http.release import installed_version

ASKED_ABOUT = "no-cache"
"""May be kept, and is asked about before it is used again: the next snapshot may be a second away."""
ASKED_ABOUT_BY_ONE = "private, no-cache"
"""The same for what holds somebody's words."""


@dataclass(frozen=True, slots=True)
class Version:
    """What a reply is made of, as a name."""

    tag: str
    is_weak: bool = False
    """Whether two replies of this name may differ in bytes, though not in what they say."""
    cache_control: str = ASKED_ABOUT


def version_of(knowledge: KnowledgeBase, *parameters: object, is_weak: bool = False) -> Version:
    """Return the version of the current address over a snapshot; `parameters` are those that the reply depends on.

    Another release may write another form, so it is part of the name.
    """
    parts = [installed_version(), knowledge.name, request.script_root, request.path, *map(repr, parameters)]
    return Version(digest(json.dumps(parts).encode()), is_weak, ASKED_ABOUT_BY_ONE if is_weak else ASKED_ABOUT)


def digest(content: bytes) -> str:
    """Return a short name of some bytes, for an ETag."""
    return hashlib.sha256(content).hexdigest()[:32]


def reply_unless_held(version: Version, make: Callable[[], Response]) -> Response:
    """Return the reply, made only where the client does not hold it; else 304."""
    held = request.if_none_match
    if held.star_tag:  # holds for whatever there is, so it has to be found out whether there is anything
        made = make()
        reply = Response(status=304) if made.status_code == 200 else made
    else:
        reply = Response(status=304) if held.contains_weak(version.tag) else make()
    reply.set_etag(version.tag, weak=version.is_weak)
    reply.headers["Cache-Control"] = version.cache_control
    return reply
