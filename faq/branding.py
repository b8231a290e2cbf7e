"""Under whose name the FAQ is shown, and how it speaks: what [site] and [talk] of faq.toml say."""

from __future__ import annotations

from faqkb.faq.config import Config
from faqkb.server.branding import Branding
from faqkb.server.colours import palette

_COLOURS = ("accent", "accent_dark")
_TO_PERSON = ("handover", "handover_link")


def site_branding(config: Config) -> Branding:
    """Return what the server and the exported site are told. Raises ConfigError for a colour that cannot be read."""
    others = {name: value for name, value in config.site.items() if name not in _COLOURS}
    to_person = {name: config.talk[name] for name in _TO_PERSON if name in config.talk}
    said = {kind: words for kind, words in config.talk.items() if kind not in _TO_PERSON}
    return Branding(**others, **to_person, talk=said, palette=palette(*map(config.site.get, _COLOURS)))
