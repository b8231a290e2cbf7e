"""Under whose name the FAQ is shown: what [site] of faq.toml says."""

from __future__ import annotations

from faqkb.faq.config import Config
from faqkb.server.branding import Branding
from faqkb.server.colours import palette

_COLOURS = ("accent", "accent_dark")


def site_branding(config: Config) -> Branding:
    """Return what the server and the exported site are told. Raises ConfigError for a colour that cannot be read."""
    others = {name: value for name, value in config.site.items() if name not in _COLOURS}
    return Branding(**others, palette=palette(*map(config.site.get, _COLOURS)))
