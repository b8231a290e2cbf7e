"""The HTTP server: waitress with a bounded queue, a stop that loses nothing, and errors in our own form.

The one module that knows waitress.
"""

from __future__ import annotations

import errno
import math
import re
import socket
import sys
import time
from collections import defaultdict, deque
from collections.abc import Callable, Sequence
from functools import cache, partial
from typing import Any

from waitress import wasyncore
from waitress.adjustments import Adjustments
from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser, ParsingError
from waitress.server import TcpWSGIServer
from waitress.task import ErrorTask, ThreadedTaskDispatcher, WSGITask
from waitress.utilities import BadRequest, Error, RequestEntityTooLarge, RequestHeaderFieldsTooLarge

from faqkb.kb.errors import ConfigError
from faqkb.server.below import local_path
from faqkb.server.http.client_address import client_address, client_of
from faqkb.server.http.cors import NO_ORIGIN, AllowedOrigins, headers_of_refusal
from faqkb.server.http.load import FairQueue, ServerLoad
from faqkb.server.http.security import NO_STORE, SECURITY_HEADERS
from faqkb.server.limits import (
    BODY_SECONDS,
    CHAT_BODY_BYTES,
    CLEANUP_SECONDS,
    CONNECTIONS,
    CONNECTIONS_OF_PEER,
    DRAIN_SECONDS,
    DRAINED_BODY_BYTES,
    DRAINED_HEADER_BYTES,
    FRESH_SECONDS,
    HEADER_BYTES,
    HEADER_SECONDS,
    IDLE_CONNECTION_SECONDS,
    QUEUED_QUICK,
    QUEUED_REQUESTS,
    QUICK_THREADS,
    QUIET_SECONDS,
    RETRY_AFTER_SECONDS,
    SENDING_SECONDS,
    SPARE_CONNECTIONS,
    THREADS,
    TURN_SECONDS,
    UNSENT_BYTES,
    UPLOAD_BYTES,
    UPLOAD_READ_BYTES,
    UPLOADS_AT_ONCE,
)
from faqkb.server.problems import ErrorForm, form_of

_QUICK = ("/healthz", "/readyz", "/metrics", "/static/")
_UPLOADS = ("/v1/",)  # chat windows send pictures within their JSON
_OTHER_HOST = "give an address of this machine: --host"
_HEADER_END = b"\r\n\r\n"
_FOLDED = re.compile(rb"\r\n[ \t]")
_CODING = re.compile(rb"^transfer-encoding[ \t]*:(.*)$", re.IGNORECASE | re.MULTILINE)
_LENGTH = re.compile(rb"^content-length[ \t]*:", re.IGNORECASE | re.MULTILINE)
_LOOP_SECONDS = 0.5  # of one wait for sockets; a trigger ends it early
_IDLE_THREAD_SECONDS = 0.1  # until threads without a request have ended, which takes none
_DRAIN_LOOP_SECONDS = 0.05  # the same while stopping, when silence is what ends it


class Overloaded(Error):  # type: ignore[misc]
    """More requests wait than can be answered in good time."""

    code = 503
    reason = "Service Unavailable"


class _TooSlow(Error):  # type: ignore[misc]
    """A request took longer to arrive than any honest one does."""

    code = 408
    reason = "Request Timeout"


class _PatientParser(HTTPRequestParser):  # type: ignore[misc]
    """Reads a request that is too large to its end, so that its sender hears 413 or 431 and not a reset connection.

    What two readers could take for two different requests is 400 (RFC 9112, 5.2, 6.1 and 6.3).
    """

    unread = 0  # bytes of the body still to throw away
    unread_header = 0  # bytes of the header that may still be thrown away
    header_tail = b""
    is_upload = False  # larger than any other request may be
    is_turned_away = False  # one too many of these
    empty: bool

    def __init__(self, adj: Adjustments, has_room: Callable[[], bool] = lambda: False) -> None:
        super().__init__(adj)
        self.began = time.monotonic()  # with the first byte
        self._has_room = has_room  # for one more upload

    def is_overdue(self, now: float) -> bool:
        """Return whether it has been arriving for too long, however steadily."""
        return now - self.began > (BODY_SECONDS if self.headers_finished else HEADER_SECONDS)

    def parse_header(self, header_plus: bytes) -> None:
        codings = b",".join(_CODING.findall(header_plus)).lower()
        if _FOLDED.search(header_plus):
            raise ParsingError("A header goes over two lines")
        if codings and (_LENGTH.search(header_plus) or codings.count(b"chunked") > 1):
            raise ParsingError("The length of the body is told in two ways")
        super().parse_header(_without_padding(header_plus))
        if CHAT_BODY_BYTES < self.content_length <= UPLOAD_BYTES and local_path(self.path).startswith(_UPLOADS):
            self.is_upload = self._has_room()
            if self.is_upload:
                self.adj = _adjustments(UPLOAD_BYTES)
            else:
                self.is_turned_away = True

    def received(self, data: bytes) -> int:
        if self.unread_header:
            return self._throw_away_header(data)
        if self.unread:
            thrown_away = min(len(data), self.unread)
            self.unread -= thrown_away
            self.completed = self.unread == 0
            return thrown_away
        header = self.header_plus + data  # the parser keeps no header that has grown too large
        consumed: int = super().received(data)
        if self.empty:  # blank lines alone, which could go on for ever
            self.empty, self.error = False, BadRequest("No request")
        if isinstance(self.error, RequestEntityTooLarge) and 0 < self.content_length <= DRAINED_BODY_BYTES:
            self.unread = self.content_length
            self.completed = False
            if self.is_turned_away:
                self.error = Overloaded("")
        elif isinstance(self.error, RequestHeaderFieldsTooLarge) and _HEADER_END not in header:
            self.unread_header = DRAINED_HEADER_BYTES
            self.header_tail = header[1 - len(_HEADER_END) :]
            self.completed = False
        return consumed

    def _throw_away_header(self, data: bytes) -> int:
        """Look for the header's end, which two pieces may share."""
        seen = self.header_tail + data
        end = seen.find(_HEADER_END)
        consumed = len(data) if end < 0 else end + len(_HEADER_END) - len(self.header_tail)
        self.header_tail = seen[1 - len(_HEADER_END) :]
        self.unread_header = max(0, self.unread_header - consumed)
        self.completed = end >= 0 or self.unread_header == 0
        return consumed


class _ProblemTask(ErrorTask):  # type: ignore[misc]
    """Answers what never reached the application with an error document and every security header."""

    def execute(self) -> None:
        code: int = self.request.error.code
        path = local_path(getattr(self.request, "path", ""))  # there is none when not even the first line was read
        told = form_of(self.channel.server.error_forms, path).write(code, None, ())
        self.status = f"{code} {self.request.error.reason}"
        self.response_headers.extend([*SECURITY_HEADERS.items(), ("Content-Type", told.content_type)])
        self.response_headers.extend(told.headers.items())
        self.response_headers.append(("Cache-Control", NO_STORE))
        if code == Overloaded.code:
            self.response_headers.append(("Retry-After", str(RETRY_AFTER_SECONDS)))
        origin = getattr(self.request, "headers", {}).get("ORIGIN", "")
        self.response_headers.extend(headers_of_refusal(self.channel.server.allowed, path, origin).items())
        self.set_close_on_finish()
        self.content_length = len(told.body)
        self.write(b"" if getattr(self.request, "command", "") == "HEAD" else told.body)


class _Task(WSGITask):  # type: ignore[misc]
    """Tells the application how long the request waited, and the client, once the server stops, to ask elsewhere."""

    def get_environment(self) -> dict[str, Any]:
        environment: dict[str, Any] = super().get_environment()
        environment[ServerLoad.WAITED] = time.monotonic() - self.channel.since
        return environment

    def build_response_header(self) -> bytes:
        # Told before the request is: a reply that took long must not look like a connection that was silent for long.
        self.channel.since, self.channel.last_activity = time.monotonic(), time.time()
        if self.channel.server.stopping:
            self.set_close_on_finish()
        header: bytes = super().build_response_header()
        return header


def _without_padding(header: bytes) -> bytes:
    """Return a header without the white space around its values, which says nothing (RFC 9112, 5.1).

    waitress's pattern for a line takes time with the square of the blanks before a value: 15,000 hold up the thread
    that watches the sockets, and with it everybody, for 1.5 seconds.
    """
    first, *lines = header.split(b"\r\n")
    fields = (line.partition(b":") for line in lines)
    return b"\r\n".join([first, *(name + colon + value.strip(b" \t") for name, colon, value in fields)])


class _Channel(HTTPChannel):  # type: ignore[misc]
    requests: list[Any]
    request: _PatientParser | None
    lane: _Lane  # where its request waits or runs
    client = ""  # whose request that is
    task_class = _Task
    error_task_class = _ProblemTask

    def __init__(self, server: Listener, sock: socket.socket, addr: Any, adj: Adjustments, map: Any) -> None:
        super().__init__(server, sock, addr, adj, map)
        self.parser_class = partial(_PatientParser, has_room=server.has_room_for_upload)
        self.peer = client_of(client_address({"REMOTE_ADDR": addr[0]}, 0))
        self.since = time.monotonic()  # when it was opened, or its last request began to wait, or was answered
        self.unsent_since: float | None = None  # as far as was seen, in a look at all connections

    def recv(self, buffer_size: int) -> bytes:
        """Return what has come, more of it at a time while a large body arrives."""
        is_upload = self.request is not None and self.request.is_upload
        received: bytes = super().recv(UPLOAD_READ_BYTES if is_upload else buffer_size)
        return received

    def service(self) -> None:
        """Answer its next request, in a thread of its lane."""
        lane, client = self.lane, self.client  # the next request on it may be somebody else's
        lane.took_at = time.monotonic()
        try:
            if self.total_outbufs_len > UNSENT_BYTES:
                self._hang_up()
            else:
                super().service()
        finally:
            lane.done(client)

    def _hang_up(self) -> None:
        """Answer no more of what was sent in one go: its sender does not take the replies, and they fill memory."""
        with self.requests_lock:
            self.close_when_flushed = True
            self.requests = []
        self.server.pull_trigger()

    def refuse(self, why: Error) -> None:
        """Answer its next request with an error: a few bytes, written by the thread that watches the sockets."""
        request = self.requests[0]
        request.error = request.error or why
        super().service()

    def end_overdue(self, now: float) -> None:
        """Refuse what has been arriving for too long, and close what is not taken, or has been silent for too long."""
        if not self.total_outbufs_len:
            self.unsent_since = None
        elif self.unsent_since is None:
            self.unsent_since = now
        elif now - self.unsent_since > SENDING_SECONDS:
            self.handle_close()
            return
        if self.requests:
            return
        if time.time() - self.last_activity > IDLE_CONNECTION_SECONDS:
            self.handle_close()
        elif self.request is not None and self.request.is_overdue(now):
            self.requests, self.request = [self.request], None
            self.refuse(_TooSlow(""))

    @property
    def holds_upload(self) -> bool:
        """Return whether one of its requests is large: arriving, waiting or being answered."""
        return any(each.is_upload for each in (*self.requests, self.request) if each is not None)

    @property
    def is_quiet(self) -> bool:
        """True when nothing is half read, waiting, running or half sent, and nothing has been for a moment."""
        busy = self.requests or self.request is not None or self.total_outbufs_len
        return not busy and time.time() - self.last_activity > QUIET_SECONDS


class _Lane(ThreadedTaskDispatcher):  # type: ignore[misc]
    """Threads and the requests that wait for them, so many at most; clients take turns."""

    def __init__(self, threads: int, waiting: int, of_client: int) -> None:
        super().__init__()
        self.took_at = 0.0  # monotonic seconds, when a thread last began with a request
        self.queue: FairQueue[_Channel] = FairQueue(waiting, of_client)
        self.set_thread_count(threads)

    def take(self, channel: _Channel) -> _Channel | None:
        """Let a channel's next request wait for a thread; return the one that has to be refused for it, if any."""
        with self.lock:
            channel.lane, channel.since = self, time.monotonic()
            crowded_out = self.queue.add(channel.client, channel)
            if self.queue:  # else its client has all threads that it may have
                self.queue_cv.notify()
            return crowded_out

    def done(self, client: str) -> None:
        """Note that a request of a client was answered; the thread that did it looks for the next one."""
        with self.lock:
            self.queue.done(client)

    def waiting(self) -> tuple[int, float]:
        """Return how many requests wait for a thread, and for how many seconds one did and no thread took any."""
        with self.lock:
            first = min((channel.since for channel in self.queue.first()), default=None)
            return len(self.queue), 0.0 if first is None else time.monotonic() - max(first, self.took_at)


class Listener(TcpWSGIServer):  # type: ignore[misc]
    """A listening server. `run` blocks until `stop`, then finishes what has arrived and returns."""

    channel_class = _Channel

    def __init__(
        self,
        application: Callable[..., Any],
        host: str,
        port: int,
        *,
        allowed: AllowedOrigins = NO_ORIGIN,
        error_forms: Sequence[ErrorForm] = (),
        name_client: Callable[[dict[str, Any]], str] | None = None,
        proxies: int = 0,
        threads: int = THREADS,
    ) -> None:
        """Listen; what is refused here is told in the form of its address, and `allowed` pages may read it.

        `name_client` says of the environment of a request whose it is, by which work is shared out; without it, that
        is the address. With `proxies` in front all connections come from them, and are no one client's. Of `threads`
        one client has all but one.

        Raises ConfigError: the address cannot be used.
        """
        self.allowed = allowed
        self.error_forms = error_forms
        self._name_client = name_client or (lambda environ: client_of(client_address(environ, proxies)))
        self._of_peer = CONNECTIONS if proxies else CONNECTIONS_OF_PEER
        listening = _listening_socket(host, port)
        self._quick = _Lane(QUICK_THREADS, QUEUED_QUICK, QUICK_THREADS)
        self._refused: deque[_Channel] = deque()
        self._refusals = 0
        self._next_turn = self._next_cleanup = 0.0
        self._deadline, self._ended = math.inf, False
        super().__init__(
            application,
            map={},
            _sock=listening,
            dispatcher=_Lane(threads, QUEUED_REQUESTS, threads - 1),
            adj=_adjustments(CHAT_BODY_BYTES),
            sockinfo=(listening.family, listening.type, listening.proto, listening.getsockname()),
            bind_socket=False,
        )

    @property
    def stopping(self) -> bool:
        """Whether it was told to stop."""
        return self._deadline < math.inf

    @property
    def url(self) -> str:
        """The address to open."""
        host = f"[{self.effective_host}]" if ":" in self.effective_host else self.effective_host
        return f"http://{host}:{self.effective_port}"

    def handle_accept(self) -> None:
        """Accept every connection that waits, not one for each look at the sockets."""
        self._accept_waiting(CONNECTIONS + SPARE_CONNECTIONS)

    def maintenance(self, now: float) -> None:
        """Do nothing: connections are closed between looks at the sockets, when nobody holds their numbers."""

    def add_task(self, channel: _Channel) -> None:
        """Hand a channel's next request to a thread; one too many is answered at once that the server is busy.

        What costs next to nothing has threads of its own: whoever watches the server hears of it under any load.
        """
        request = channel.requests[0]
        is_quick = request.error is not None or local_path(request.path).startswith(_QUICK)
        headers = {f"HTTP_{name}": value for name, value in request.headers.items()}
        asked = {"REMOTE_ADDR": channel.addr[0], "PATH_INFO": getattr(request, "path", "")}
        channel.client = self._name_client(asked | headers)
        crowded_out = (self._quick if is_quick else self.task_dispatcher).take(channel)
        if crowded_out is not None:
            self._refusals += 1
            self._refused.append(crowded_out)  # not here: the channel is locked while its requests are read

    def has_room_for_upload(self) -> bool:
        """Return whether one more large body may come in; asked by the thread that reads the sockets."""
        uploads = [channel for channel in self.active_channels.values() if channel.holds_upload]
        return len(uploads) < UPLOADS_AT_ONCE

    def load(self) -> ServerLoad:
        """Return what waits now, and how many were told that too many do."""
        waiting, longest_wait = self.task_dispatcher.waiting()
        return ServerLoad(waiting, longest_wait, self._refusals, self._deadline)

    def stop(self) -> None:
        """Begin to stop; a second call stops at once. Safe to call from a signal handler."""
        self._deadline = time.monotonic() + (0 if self.stopping else DRAIN_SECONDS)
        if not self._ended:
            self.pull_trigger()

    def run(self, watch: Callable[[], None] = lambda: None) -> None:
        """Serve until `stop`, then drain: every request that has arrived is answered, unless that takes too long.

        `watch` is called between looks at the sockets, at least twice a second, and once when stopping begins.
        """
        while not self.stopping:
            watch()
            self._turn(_LOOP_SECONDS)
        watch()
        self._accept_waiting(sys.maxsize)  # closing the socket would reset what the kernel already completed
        self.accepting = False
        wasyncore.dispatcher.close(self)  # the listening socket alone: open connections go on
        while self.active_channels and time.monotonic() < self._deadline:
            self._turn(_DRAIN_LOOP_SECONDS)
            for channel in list(self.active_channels.values()):
                channel.will_close = channel.will_close or channel.is_quiet
        # Threads that are still at work then are not waited for: they end with the process.
        self.task_dispatcher.shutdown(timeout=_IDLE_THREAD_SECONDS)
        self._quick.shutdown(timeout=_IDLE_THREAD_SECONDS)
        self._ended = True  # first: the numbers of what is closed may soon be another file's
        wasyncore.close_all(self._map)

    def _turn(self, seconds: float) -> None:
        # Looking at every socket holds the interpreter's lock; each reply asks for a look, so under load nothing else
        # would get it.
        time.sleep(max(0.0, self._next_turn - time.monotonic()))
        wasyncore.loop(timeout=seconds, map=self._map, use_poll=True, count=1)
        self._next_turn = time.monotonic() + TURN_SECONDS
        while self._refused:
            self._refused.popleft().refuse(Overloaded(""))
        if not self.stopping:
            self._end_connections()

    def _end_connections(self) -> None:
        """Close the connections that take too long, and where there are too many, those that matter least."""
        now = time.monotonic()
        if now >= self._next_cleanup:
            self._next_cleanup = now + CLEANUP_SECONDS
            for channel in list(self.active_channels.values()):
                channel.end_overdue(now)
        peers: dict[str, list[_Channel]] = defaultdict(list)
        excess = len(self.active_channels) - CONNECTIONS
        if excess > self._of_peer - CONNECTIONS:
            for channel in self.active_channels.values():
                peers[channel.peer].append(channel)
        for of_one in sorted(peers.values(), key=len, reverse=True):
            for channel in _least_missed(of_one, now)[: max(excess, len(of_one) - self._of_peer, 0)]:
                channel.handle_close()
                excess -= 1

    def _accept_waiting(self, most: int) -> None:
        """Accept the connections that the kernel already completed, until there are so many."""
        before = -1
        while before < len(self.active_channels) < most:
            before = len(self.active_channels)
            super().handle_accept()


def _least_missed(channels: Sequence[_Channel], now: float) -> list[_Channel]:
    """Return the connections that no request is read whole of: the stalest first, then what has only just come."""
    idle = sorted((each for each in channels if not each.requests), key=lambda each: each.since)
    stale = [each for each in idle if now - each.since > FRESH_SECONDS]
    return stale + idle[len(stale) :][::-1]


@cache
def _adjustments(body_bytes: int) -> Adjustments:
    """Return what waitress is told, where a request's body is so large at most."""
    return Adjustments(
        sockets=[],
        threads=THREADS,
        ident="",
        max_request_header_size=HEADER_BYTES,
        max_request_body_size=body_bytes + 1,  # waitress refuses from this size on
        # No thread ever waits for a client to take its reply, least of all the one that watches the sockets: between
        # two requests `_Channel.service` looks at what is unsent, and `end_overdue` ends what stays so.
        outbuf_high_watermark=sys.maxsize,
        connection_limit=sys.maxsize,  # `_end_connections` makes room
        channel_timeout=IDLE_CONNECTION_SECONDS,
        cleanup_interval=CLEANUP_SECONDS,
        asyncore_use_poll=True,
        clear_untrusted_proxy_headers=False,  # which are believed: `client_address.py`
    )


def _listening_socket(host: str, port: int) -> socket.socket:
    try:
        family, *_, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        listening = socket.socket(family, socket.SOCK_STREAM)
    except OSError as error:
        raise ConfigError(f"cannot listen on {host!r}: {error.strerror}; {_OTHER_HOST}") from error
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(address)
    except OSError as error:
        listening.close()
        remedy = _OTHER_HOST if error.errno == errno.EADDRNOTAVAIL else "choose another --port"
        raise ConfigError(f"cannot listen on {host} port {port}: {error.strerror}; {remedy}") from error
    return listening
