"""The knowledge base: records in, answers out. Knows nothing of Markdown, Flask or the terminal.

At the ground lie the values that every room shares; `knowledge` is the front door, above all rooms but those that
converse, measure and learn.
"""

from __future__ import annotations

import os

# Before anything imports onnxruntime: its telemetry is on unless this is set, writes a device id and a database below
# the user's cache folder, and looks up its vendor's host. Its call that turns it off comes too late to stop either.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"
