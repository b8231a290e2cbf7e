"""Which rules look, by the options and faq.toml."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from faqkb.faq.config import CONFIG_FILE, read_config
from faqkb.ingest.linted.catalogue import RULES
from faqkb.kb.errors import ConfigError


@dataclass(frozen=True, slots=True)
class Choice:
    """The rules that look."""

    rules: frozenset[str]
    is_quick: bool = False

    def __contains__(self, rule: str) -> bool:
        return rule in self.rules

    def quick(self) -> Choice:
        """Return it without those that need the model."""
        return Choice(frozenset(rule for rule in self.rules if not RULES[rule].by_meaning), is_quick=True)

    @property
    def by_meaning(self) -> bool:
        """Whether any of them needs the model."""
        return not self.is_quick and any(RULES[rule].by_meaning or rule in _PARTLY for rule in self.rules)


_PARTLY = frozenset({"contradiction", "missing-twin"})  # the encoder finds more of them


def chosen_rules(only: Sequence[str], off: Sequence[str]) -> Choice:
    """Return the rules that look: those of `only`, else all, less those that are off. Raises ConfigError."""
    configured = read_config().lint_off
    for rules, where in ((only, "--only"), (off, "--off"), (configured, f"{CONFIG_FILE}, off of [lint]")):
        unknown = [rule for rule in rules if rule not in RULES]
        if unknown:
            raise ConfigError(
                f"{where}: no rule is called so (got {unknown[0]!r}, expected one of {', '.join(RULES)}); correct it"
            )
    # Who names a rule wants it, whatever the file says.
    return Choice(frozenset(only or RULES.keys() - set(configured)) - set(off))
