"""The weights: from features to the log odds that a text is a question."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from faqkb.ingest.readings.features import Features

PATH = Path(__file__).with_name("weights.json")
WEIGHTS: dict[str, float] = json.loads(PATH.read_text(encoding="utf-8"))["weights"]


def score_of(features: Features, weights: Mapping[str, float] = WEIGHTS) -> float:
    """Return the log odds; a feature without a weight says nothing."""
    return sum(weights.get(name, 0.0) * value for name, value in features.items() if value)


def reasons(features: Features, weights: Mapping[str, float] = WEIGHTS) -> list[tuple[str, float]]:
    """Return what each feature adds, the greatest first."""
    parts = ((name, weights.get(name, 0.0) * value) for name, value in features.items() if value)
    return sorted(((name, part) for name, part in parts if part), key=lambda pair: -abs(pair[1]))
