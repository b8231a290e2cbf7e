"""The HTTP server: waitress with a bounded queue, a stop that loses nothing, and errors in our own form.

The one module that knows waitress.
"""

from __future__ import annotations

import errno
import socket
import sys
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any

from waitress import wasyncore
from waitress.adjustments import Adjustments
from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser
from waitress.server import TcpWSGIServer
from waitress.task import ErrorTask, ThreadedTaskDispatcher, WSGITask
from waitress.utilities import Error, RequestEntityTooLarge, RequestHeaderFieldsTooLarge

from faqkb.kb.errors import ConfigError
from faqkb.server.http.cors import NO_ORIGIN, AllowedOrigins, headers_of_refusal
from faqkb.server.http.load import ServerLoad
from faqkb.server.http.security import NO_STORE, SECURITY_HEADERS
from faqkb.server.limits import (
    CHAT_BODY_BYTES,
    CLEANUP_SECONDS,
    CONNECTIONS,
    DRAIN_SECONDS,
    DRAINED_BODY_BYTES,
    DRAINED_HEADER_BYTES,
    HEADER_BYTES,
    IDLE_CONNECTION_SECONDS,
    QUEUED_QUICK,
    QUEUED_REQUESTS,
    QUICK_THREADS,
    QUIET_SECONDS,
    RETRY_AFTER_SECONDS,
    THREADS,
    TURN_SECONDS,
)
from faqkb.server.problems import ErrorForm, form_of

_QUICK = ("/healthz", "/readyz", "/metrics", "/static/")
_OTHER_HOST = "give an address of this machine: --host"
_HEADER_END = b"\r\n\r\n"
_LOOP_SECONDS = 0.5  # of one wait for sockets; a trigger ends it early
_DRAIN_LOOP_SECONDS = 0.05  # the same while stopping, when silence is what ends it


class Overloaded(Error):  # type: ignore[misc]
    """More requests wait than can be answered in good time."""

    code = 503
    reason = "Service Unavailable"


class _PatientParser(HTTPRequestParser):  # type: ignore[misc]
    """Reads a request that is too large to its end, so that its sender hears 413 or 431 and not a reset connection."""

    unread = 0  # bytes of the body still to throw away
    unread_header = 0  # bytes of the header that may still be thrown away
    header_tail = b""

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
        if isinstance(self.error, RequestEntityTooLarge) and 0 < self.content_length <= DRAINED_BODY_BYTES:
            self.unread = self.content_length
            self.completed = False
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
        path: str = getattr(self.request, "path", "")  # there is none when not even the first line was read
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
        environment[ServerLoad.WAITED] = time.monotonic() - self.channel.queued_at
        return environment

    def build_response_header(self) -> bytes:
        if self.channel.server.stopping:
            self.set_close_on_finish()
        header: bytes = super().build_response_header()
        return header


class _Channel(HTTPChannel):  # type: ignore[misc]
    queued_at = 0.0  # monotonic seconds, when its next request began to wait for a thread
    task_class = _Task
    error_task_class = _ProblemTask
    parser_class = _PatientParser

    @property
    def is_quiet(self) -> bool:
        """True when nothing is half read, waiting, running or half sent, and nothing has been for a moment."""
        busy = self.requests or self.request is not None or self.total_outbufs_len
        return not busy and time.time() - self.last_activity > QUIET_SECONDS


class _Lane(ThreadedTaskDispatcher):  # type: ignore[misc]
    """Threads and the requests that wait for them, so many at most."""

    def __init__(self, threads: int, waiting: int) -> None:
        super().__init__()
        self._most_waiting = waiting
        self.set_thread_count(threads)

    def take(self, channel: _Channel) -> bool:
        """Let a channel's next request wait for a thread; return False where too many do."""
        with self.lock:
            if len(self.queue) >= self._most_waiting:
                return False
            channel.queued_at = time.monotonic()
            self.queue.append(channel)
            self.queue_cv.notify()
            return True

    def waiting(self) -> tuple[int, float]:
        """Return how many requests wait for a thread, and how long the first of them has waited, in seconds."""
        with self.lock:
            oldest = time.monotonic() - self.queue[0].queued_at if self.queue else 0.0
            return len(self.queue), oldest


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
    ) -> None:
        """Listen; what is refused here is told in the form of its address, and `allowed` pages may read it.

        Raises ConfigError: the address cannot be used.
        """
        self.allowed = allowed
        self.error_forms = error_forms
        listening = _listening_socket(host, port)
        self.stopping = False
        self._quick = _Lane(QUICK_THREADS, QUEUED_QUICK)
        self._refused: deque[_Channel] = deque()
        self._refusals = 0
        self._next_turn = 0.0
        self._deadline = float("inf")
        sockinfo = (listening.family, listening.type, listening.proto, listening.getsockname())
        super().__init__(
            application,
            map={},
            _sock=listening,
            dispatcher=_Lane(THREADS, QUEUED_REQUESTS),
            adj=_adjustments(),
            sockinfo=sockinfo,
            bind_socket=False,
        )

    @property
    def url(self) -> str:
        """The address to open."""
        host = f"[{self.effective_host}]" if ":" in self.effective_host else self.effective_host
        return f"http://{host}:{self.effective_port}"

    def handle_accept(self) -> None:
        """Accept every connection that waits, not one for each look at the sockets."""
        self._accept_waiting(CONNECTIONS)

    def add_task(self, channel: _Channel) -> None:
        """Hand a channel's next request to a thread; one too many is answered at once that the server is busy.

        What costs next to nothing has threads of its own: whoever watches the server hears of it under any load.
        """
        request = channel.requests[0]
        is_quick = request.error is not None or request.path.startswith(_QUICK)
        lane = self._quick if is_quick else self.task_dispatcher
        if not lane.take(channel):
            request.error = request.error or Overloaded("")
            self._refusals += 1
            self._refused.append(channel)  # not here: the channel is locked while its requests are read

    def load(self) -> ServerLoad:
        """Return what waits now, and how many were told that too many do."""
        waiting, longest_wait = self.task_dispatcher.waiting()
        return ServerLoad(waiting, longest_wait, self._refusals, self.stopping)

    def stop(self) -> None:
        """Begin to stop; a second call stops at once. Safe to call from a signal handler."""
        self._deadline = time.monotonic() + (0 if self.stopping else DRAIN_SECONDS)
        self.stopping = True
        self.pull_trigger()

    def run(self, watch: Callable[[], None] = lambda: None) -> None:
        """Serve until `stop`, then drain: every request that has arrived is answered.

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
        self.task_dispatcher.shutdown(timeout=1)
        self._quick.shutdown(timeout=1)
        wasyncore.close_all(self._map)

    def _turn(self, seconds: float) -> None:
        # Looking at every socket holds the interpreter's lock; each reply asks for a look, so under load nothing else
        # would get it.
        time.sleep(max(0.0, self._next_turn - time.monotonic()))
        wasyncore.loop(timeout=seconds, map=self._map, use_poll=True, count=1)
        self._next_turn = time.monotonic() + TURN_SECONDS
        while self._refused:
            self._refused.popleft().service()  # a few bytes, written by this thread: the others are busy

    def _accept_waiting(self, most: int) -> None:
        """Accept the connections that the kernel already completed, until there are so many."""
        before = -1
        while before < len(self.active_channels) < most:
            before = len(self.active_channels)
            super().handle_accept()


def _adjustments() -> Adjustments:
    """Return what waitress is told."""
    return Adjustments(
        sockets=[],
        threads=THREADS,
        ident="",
        max_request_header_size=HEADER_BYTES,
        max_request_body_size=CHAT_BODY_BYTES + 1,  # the most any address takes; waitress refuses from this size on
        connection_limit=CONNECTIONS,
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
