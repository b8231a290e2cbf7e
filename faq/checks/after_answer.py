"""`faq ask --run-checks`: the checks of the first answer, each run when its reader says so."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import click

from faqkb.faq.checks.process import Checked
from faqkb.faq.checks.running import run_with_environment
from faqkb.faq.console import one_line, say_note
from faqkb.kb.checks import Check


@dataclass(frozen=True, slots=True)
class _Decision:
    """What a reader said to a check."""

    run: bool
    arguments: tuple[str, ...] = ()


def run_checks(checks: Sequence[Check], *, ask_first: bool, pasted: bytes | None) -> Iterator[Checked]:
    """Yield the result of each check that its reader wants run; `pasted` is the text of the question, for `log`.

    Without a terminal to ask on nothing is run, and that is said.
    """
    if not checks:
        say_note("no check belongs to this answer")
    elif ask_first and not sys.stdin.isatty():
        say_note("checks are not run: standard input is no terminal to ask on; say --yes to run them")
        return
    for check in checks:
        decision = _ask(check) if ask_first else _Decision(run=True)
        if decision.run:
            yield run_with_environment(check, list(decision.arguments), stdin=b"" if pasted is None else pasted)


def _ask(check: Check) -> _Decision:
    """Ask whether to run a check; an answer that is no yes and no no is its arguments."""
    say_note(f"\ncheck {check.id}: {one_line(check.title)}")
    say_note(f"  reads {_listed(check.reads) or 'nothing'}; writes {_listed(check.writes) or 'nothing'}")
    packages = (
        f"; needs {_listed(check.dependencies)}, installed for it first where they are not yet"
        if check.dependencies
        else ""
    )
    say_note(f"  takes at most {check.limit_seconds:g} s{packages}")
    say_note(f"  sha256 {check.sha256}")
    while True:
        said = click.prompt("run it? [y/N, or its arguments]", default="", show_default=False, err=True)
        try:
            words = shlex.split(said)
        except ValueError as error:
            say_note(f"  {error}; close the quotes")
            continue
        if [word.casefold() for word in words] in ([], ["n"], ["no"], ["否"]):
            return _Decision(run=False)
        wanted = [word.casefold() for word in words] in (["y"], ["yes"], ["是"])
        return _Decision(run=True, arguments=() if wanted else tuple(words))


def _listed(texts: Sequence[str]) -> str:
    return one_line(", ".join(texts))
