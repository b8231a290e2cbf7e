"""Loaded by schemathesis: counts the statuses of all calls, and keeps to our one rule beyond JSON Schema."""

from __future__ import annotations

import atexit
import json
import os
from collections import Counter
from pathlib import Path
from typing import Any

import schemathesis

_statuses: Counter[str] = Counter()


@schemathesis.hook
def after_call(context: Any, case: Any, response: Any) -> None:
    """Count one reply."""
    _statuses[f"{case.operation.label} {response.status_code}"] += 1


@schemathesis.hook
def map_body(context: Any, body: Any) -> Any:
    """Send 3 for 3.0: a schema cannot tell them apart, and our strict bodies take the first alone."""
    return _whole(body)


def _whole(value: Any) -> Any:
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, list):
        return [_whole(each) for each in value]
    return {name: _whole(each) for name, each in value.items()} if isinstance(value, dict) else value


@atexit.register
def _write() -> None:
    Path(os.environ["FUZZ_STATUSES"]).write_text(json.dumps(_statuses), encoding="utf-8")
