"""Takes out of a reader's text what names a person or opens a door, before it is kept.

It catches what people paste without noticing; it is no promise that a text is anonymous. Every pattern is linear: runs
are possessive (`++`) and begin where a run begins, or their length is bounded.
"""

from __future__ import annotations

import re
from functools import lru_cache
from importlib.resources import files
from ipaddress import ip_address

from faqkb.kb.text import clean

EMAIL = "[email]"
SECRET = "[secret]"
USER = "[user]"
ACCOUNT = "[account]"
PHONE = "[phone]"
CARD = "[card]"
MACHINE = "[address]"
_ROUNDS = 8  # what is taken out can leave bare what stood beside it; two rounds do for what people write

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
# `the password is hunter2`: a sentence, in which most words are no password.
_TOLD_SECRET = re.compile(
    r"(?P<name>\b(?:password|passphrase|passwd|pwd|pin|passcode|secret|token|(?:api|access)[ _-]?key)\s{1,3}"
    r"(?:is|was)\s{0,3}:?\s{1,3}[\"'`]?)(?P<told>[^\s\"'`,;]{4,}+)",
    re.IGNORECASE,
)
_COOKIE = re.compile(r"(?P<name>\b(?:set-)?cookie2?[\"']?\s{0,3}[:=]\s{0,3})[^\n]++", re.IGNORECASE)
# ISO 13616: country, two check digits, 11 to 30 letters or digits, in groups or not; the check digits decide.
_IBAN = re.compile(r"(?<![A-Za-z0-9])[A-Za-z]{2}[0-9]{2}(?:[ -]?[A-Za-z0-9]{2,4}){3,8}(?![A-Za-z0-9])")
# International; Chinese mobiles; national ones with an area code in brackets or a leading 0; North American.
_PHONE = re.compile(
    r"(?<![\w.+/-])(?:\+[0-9]{1,3}(?:[ ./()-]{0,3}[0-9]{1,6}){2,6}|1[3-9][0-9]{9}|1[3-9][0-9] [0-9]{4} [0-9]{4}"
    r"|\(0?[0-9]{2,5}\)[ -]?[0-9]{3,4}(?:[ -]?[0-9]{2,4}){1,2}|0[0-9]{2,4}[ /-][0-9]{3,4}(?:[ -]?[0-9]{2,4}){1,3}"
    r"|[2-9][0-9]{2}[-.][2-9][0-9]{2}[-.][0-9]{4})(?![\w/-]|\.[0-9])",
    re.ASCII,
)
# ISO/IEC 7812: 13 to 19 digits, in groups or not, as cards begin; the last one is a check digit, and decides.
_CARD = re.compile(r"(?<![\w.+/-])(?:2[2-7]|[3-6][0-9])(?:[ -]?[0-9]){11,17}(?![\w/-]|\.[0-9])", re.ASCII)
# Of machines; `ipaddress` decides.
_IPV4 = re.compile(r"(?<![\w.=<>~^-])[0-9]{1,3}(?:\.[0-9]{1,3}){3}(?!\w|\.[0-9])", re.ASCII)
_IPV6 = re.compile(r"(?<![\w:.])[0-9a-f]{0,4}(?::[0-9a-f]{0,4}){2,7}(?![\w:])", re.ASCII | re.IGNORECASE)
_VERSIONS_TO = 23  # `cudnn 8.9.2.26` is no address; `23.1.2.3` may be one, and stays where nothing around it says so
# `name(at)host.org`, `name [at] host [dot] org`: as people write it against robots.
_AT = re.compile(
    r"(?<![\w.%+-])[\w.%+-]{1,64}+\s{0,2}[(\[{<（【]\s{0,2}(?:at|@|ät)\s{0,2}[)\]}>）】]\s{0,2}[\w-]{1,63}+"
    r"(?:\s{0,2}(?:\.|[(\[{<（【]\s{0,2}(?:dot|punkt|点|\.)\s{0,2}[)\]}>）】])\s{0,2}[\w-]{1,63}+){1,4}",
    re.ASCII | re.IGNORECASE,
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
    r"(?:[^\\/:*?\"<>|\r\n]++(?=\\)|[^\\/\s:*?\"'<>|,;()]++)",
    re.IGNORECASE,
)


def redact(text: str) -> str:
    """Return the text, line by line in NFKC without control characters, with e-mail addresses, keys, bank accounts,
    cards, phone numbers, addresses of machines and names of home folders replaced by `[email]`, `[secret]`,
    `[account]`, `[card]`, `[phone]`, `[address]` and `[user]`.
    """
    cleaned = "\n".join(filter(None, map(clean, text.splitlines())))
    for _ in range(_ROUNDS):
        cleaned, before = _redact_once(cleaned), cleaned
        if cleaned == before:
            break
    return cleaned


def _redact_once(text: str) -> str:
    cleaned = _PRIVATE_KEY.sub(SECRET, text)
    cleaned = _URL_LOGIN.sub(f"://{SECRET}@", cleaned)
    cleaned = _COOKIE.sub(_after_name, cleaned)
    cleaned = _TOLD_SECRET.sub(_if_no_word, cleaned)
    cleaned = _NAMED_SECRET.sub(_after_name, cleaned)
    cleaned = _BEARER.sub(_after_name, cleaned)
    cleaned = _PREFIXED.sub(_if_with_digit, cleaned)
    cleaned = _IBAN.sub(_if_account, cleaned)
    cleaned = _CARD.sub(_if_card, cleaned)
    cleaned = _PHONE.sub(_if_long_enough, cleaned)
    cleaned = _LONG_RUN.sub(_if_random, cleaned)
    cleaned = _EMAIL.sub(_if_person, cleaned)
    cleaned = _AT.sub(EMAIL, cleaned)
    cleaned = _IPV6.sub(_if_machine, _IPV4.sub(_if_machine, cleaned))
    return _HOME.sub(rf"\g<parent>{USER}", cleaned)


def _after_name(match: re.Match[str]) -> str:
    return f"{match['name']}{SECRET}"


def _if_no_word(match: re.Match[str]) -> str:
    """`is hunter2` is told, `is wrong` is a question."""
    told = match["told"].rstrip(".!?)").lower()
    return match.group() if told in _no_secrets() or told.endswith("ing") else _after_name(match)


@lru_cache(maxsize=1)
def _no_secrets() -> frozenset[str]:
    lines = files("faqkb.kb.feedback").joinpath("no_secrets.txt").read_text(encoding="utf-8").splitlines()
    return frozenset(line for line in lines if not line.startswith("#"))


def _if_account(match: re.Match[str]) -> str:
    """A number of which the check digits hold: letters count from A = 10, and the rest by 97 is 1 (ISO 7064)."""
    groups = re.split(r"([ -])", match.group())
    for end in range(len(groups), 0, -2):  # a word after the number looks like one more group
        number = "".join(groups[:end:2]).upper()
        digits = "".join(str(int(char, 36)) for char in number[4:] + number[:4])
        if 15 <= len(number) <= 34 and int(digits) % 97 == 1:
            return ACCOUNT + "".join(groups[end:])
    return match.group()


def _if_card(match: re.Match[str]) -> str:
    """A number of which the check digit holds (Luhn, ISO/IEC 7812-1)."""
    digits = [int(char) for char in match.group() if char.isdigit()]
    doubled = sum(sum(divmod(2 * digit, 10)) for digit in digits[-2::-2])
    return CARD if (sum(digits[-1::-2]) + doubled) % 10 == 0 else match.group()


def _if_machine(match: re.Match[str]) -> str:
    """An address that is another one on another machine: no `127.0.0.1`, no `::1`, and no version of four numbers."""
    try:
        found = ip_address(match.group())
    except ValueError:
        return match.group()
    if found.is_loopback or found.is_unspecified:
        return match.group()
    if found.version == 6:  # `face::add` is a name in C++
        return MACHINE if any(char.isdigit() for char in match.group()) else match.group()
    first = int(match.group().partition(".")[0])
    before, after = match.string[match.start() - 1 : match.start()], match.string[match.end() : match.end() + 1]
    is_told = before in {"/", "@"} or after in {":", "/"}
    return MACHINE if first == 10 or first > _VERSIONS_TO or is_told else match.group()


def _if_long_enough(match: re.Match[str]) -> str:
    """Seven digits at least, and fifteen at most (E.164)."""
    return PHONE if 7 <= sum(char.isdigit() for char in match.group()) <= 15 else match.group()


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
