"""Takes out of a reader's text what names a person or opens a door, before it is kept.

It catches what people paste without noticing; it is no promise that a text is anonymous. Every pattern is linear: runs
are possessive (`++`) and begin where a run begins, or their length is bounded.
"""

from __future__ import annotations

import re

from faqkb.kb.text import clean

EMAIL = "[email]"
SECRET = "[secret]"
USER = "[user]"

_PRIVATE_KEY = re.compile(
    r"-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----.*?(?:-----END [A-Z ]{0,40}PRIVATE KEY-----|\Z)", re.S
)
_URL_LOGIN = re.compile(r"://[^\s/@:]{1,128}+:[^\s/@]{1,256}+@")
_NAMED_SECRET = re.compile(
    r"(?P<name>(?:(?:api|access|secret|private|auth|account)[_-]?key|token|secret|passphrase|passw(?:or)?d|pwd"
    r"|authorization|密码|口令|令牌|密钥)[\"']?\s{0,3}[:=是为]\s{0,3}[\"']?(?:(?:bearer|basic|token)\s{1,3})?)"
    r"[^\s\"',;]{4,}+",
    re.IGNORECASE,
)
_BEARER = re.compile(r"(?P<name>\bbearer\s{1,3})[\w.~+/=-]{8,}+", re.IGNORECASE | re.ASCII)
# Prefixes that services print on their keys so that scanners find them.
_PREFIXED = re.compile(
    r"(?<![A-Za-z0-9])(?:sk-|[sr]k_live_|gh[oprsu]_|github_pat_|glpat-|xox[abeoprs]-|hf_|npm_|pypi-|AKIA|ASIA|AIza|ya29\.|eyJ|faq_[a-z2-9]{8}_)"
    r"[\w.+/=-]{12,}+",
    re.ASCII,
)
_LONG_RUN = re.compile(r"(?<![A-Za-z0-9])[A-Za-z0-9]{24,}+")
_EMAIL = re.compile(r"(?<![\w.%+-])[\w.%+-]++@(?P<host>[\w-]++(?:\.[\w-]++)*+)(?P<prompt>:[~/])?", re.ASCII)
_HOME = re.compile(
    r"(?P<parent>[\\/]{1,2}(?:home|users|documents and settings)[\\/]{1,2})"
    r"(?:[^\\/:*?\"<>|\r\n]{1,64}(?=\\)|[^\\/\s:*?\"'<>|,;()]{1,64})",
    re.IGNORECASE,
)


def redact(text: str) -> str:
    """Return the text, line by line in NFKC without control characters, with e-mail addresses, keys and names of home
    folders replaced by `[email]`, `[secret]` and `[user]`.
    """
    cleaned = "\n".join(filter(None, map(clean, text.splitlines())))
    cleaned = _PRIVATE_KEY.sub(SECRET, cleaned)
    cleaned = _URL_LOGIN.sub(f"://{SECRET}@", cleaned)
    cleaned = _NAMED_SECRET.sub(_after_name, cleaned)
    cleaned = _BEARER.sub(_after_name, cleaned)
    cleaned = _PREFIXED.sub(_if_with_digit, cleaned)
    cleaned = _LONG_RUN.sub(_if_random, cleaned)
    cleaned = _EMAIL.sub(_if_person, cleaned)
    return _HOME.sub(rf"\g<parent>{USER}", cleaned)


def _after_name(match: re.Match[str]) -> str:
    return f"{match['name']}{SECRET}"


def _if_with_digit(match: re.Match[str]) -> str:
    """A key has digits; `hf_hub_download_something` has none."""
    return SECRET if any(char.isdigit() for char in match.group()) else match.group()


def _if_random(match: re.Match[str]) -> str:
    """A hash, or a mixture of capitals, small letters and digits that no word has."""
    run = match.group()
    if len(run) >= 32 and set(run.lower()) <= set("0123456789abcdef"):
        return SECRET
    digits = sum(char.isdigit() for char in run)
    return SECRET if digits >= 2 and not run.isupper() and run.lower() != run else run


def _if_person(match: re.Match[str]) -> str:
    """An address, or the `name@host:~` of a shell prompt; `numpy@1.26` is neither."""
    last = match["host"].rpartition(".")[2]
    is_address = "." in match["host"] and len(last) >= 2 and last.isalpha()
    if is_address or match["prompt"]:
        return f"{EMAIL}{match['prompt'] or ''}"
    return match.group()
