"""The texts of the maintainer's pages."""

from __future__ import annotations

from dataclasses import dataclass


# Long on purpose: a line for each text.
@dataclass(frozen=True, slots=True)
class AdminWording:
    """The texts of the maintainer's pages, but for what readers wrote and what is stored."""

    title: str
    pages: str
    overview: str
    gaps: str
    snapshots: str
    range: str
    days: str
    """With {days}."""
    span: str
    """With {first} and {last}."""
    off: str
    nothing: str
    per_day: str
    chart: str
    """With {first}, {last}, {total} and {most}."""
    most: str
    """With {most}."""
    each_day: str
    bar: str
    """With {day}, {answered}, {ambiguous} and {no_answer}."""
    day: str
    questions: str
    answered: str
    ambiguous: str
    no_answer: str
    helpful: str
    not_helpful: str
    figures: str
    figure: str
    amount: str
    share: str
    """With {percent}, {low}, {high}, {part} and {whole}."""
    interval_hint: str
    meaning: str
    attempts: str
    attempts_meaning: str
    answers: str
    answers_meaning: str
    unsuccessful: str
    unsuccessful_meaning: str
    suggestion_rate: str
    suggestion_rate_meaning: str
    uncertain: str
    uncertain_meaning: str
    clicks: str
    clicks_meaning: str
    resolutions: str
    resolutions_meaning: str
    helpful_share: str
    helpful_share_meaning: str
    records: str
    record: str
    times: str
    gone: str
    in_vain: str
    question: str
    last: str
    votes: str
    votes_hint: str
    against: str
    reasons: str
    calibration: str
    calibration_hint: str
    """With {least}."""
    bins: str
    promised: str
    week: str
    confidence: str
    holds: str
    drifted: str
    steady: str
    few: str
    rows: str
    """With {shown} and {total}."""
    download: str
    download_one: str
    """With {table} and {form}."""
    gaps_title: str
    gaps_hint: str
    gaps_at: str
    """With {time} and {minutes}."""
    gaps_unread: str
    """With {shown} and {unread}."""
    weight: str
    suggestion: str
    alt: str
    new: str
    near: str
    wordings: str
    snapshots_hint: str
    snapshot: str
    created: str
    stored: str
    live: str
    go_back: str
    go_back_to: str
    """With {snapshot}."""
    confirm: str
    confirm_hint: str
    stay: str
    checks: str
    checks_hint: str
    check: str
    script: str
    ran_on: str
    passed: str
    failed: str
    sent_last: str
    no_checks: str
