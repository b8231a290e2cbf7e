"""Run the server until it is told to stop."""

from __future__ import annotations

import logging
import signal
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from types import FrameType

from server.app import create_app
from server.cors import AllowedOrigins
from server.leases import EXTENSION
from server.listener import Listener
from server.memory import limit_hoarding
from server.reload import KnowledgeHolder


def serve(kb_folder: Path, host: str, port: int, allow_origins: Sequence[str] = ()) -> None:
    """Serve a knowledge base until SIGTERM or Ctrl+C, then finish what has arrived and return.

    Prints the address on standard output once it listens. Port 0 takes a free one. Raises ConfigError where the
    address cannot be used or an origin is none, and what `create_app` raises.
    """
    limit_hoarding()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    app = create_app(kb_folder, AllowedOrigins.parse(allow_origins))
    holder: KnowledgeHolder = app.extensions[EXTENSION]
    try:
        listener = Listener(app, host, port)
        _stop_on_signals(listener)
        with holder.lease() as knowledge:
            stored = knowledge.record_count
        sys.stdout.write(f"Serving {stored} questions on {listener.url} (Ctrl+C stops)\n")
        sys.stdout.flush()
        listener.run()
    finally:
        holder.close()


def _stop_on_signals(listener: Listener) -> None:
    def stop(_signal: int, _frame: FrameType | None) -> None:
        listener.stop()

    if threading.current_thread() is threading.main_thread():
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, stop)
