"""What each command says of itself: every one with examples, and every example is understood."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from faqkb.faq.main import cli

Command = tuple[tuple[str, ...], click.Command]


def commands(group: click.Group, path: tuple[str, ...] = ()) -> Iterator[Command]:
    """Yield a group and every command below it, each with the words that lead to it."""
    yield path, group
    for name in group.list_commands(click.Context(group)):
        command = group.get_command(click.Context(group), name)
        assert command is not None
        if isinstance(command, click.Group):
            yield from commands(command, (*path, name))
        else:
            yield (*path, name), command


COMMANDS = list(commands(cli))


def examples(command: click.Command) -> list[str]:
    text = command.get_help(click.Context(command, info_name="faq"))
    return [line.strip() for line in text.partition("Examples:\n")[2].splitlines()]


@pytest.mark.parametrize(("path", "command"), COMMANDS, ids=lambda each: " ".join(each) if type(each) is tuple else "")
def test_help_ends_with_examples_that_are_understood(
    path: tuple[str, ...], command: click.Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "content").mkdir()
    monkeypatch.chdir(tmp_path)
    found = examples(command)
    assert found, "no examples"
    for line in found:
        assert len(line) <= 76, "the help fits 80 columns"
        call = line[line.index("faq ") :].partition(" > ")[0].partition(" | ")[0]
        words = shlex.split(call)[1:]
        words = words[2:] if words[0] == "--kb" else words
        assert tuple(words[: len(path)]) == path
        understand(cli, words)


def understand(group: click.Group, words: list[str]) -> None:
    """Parse a call as `faq` does, without doing it."""
    command = group.get_command(click.Context(group), words[0])
    assert command is not None, words
    if isinstance(command, click.Group):
        understand(command, words[1:])
    else:
        command.make_context(words[0], words[1:])


def test_the_list_of_commands_fits_a_terminal() -> None:
    for _, command in COMMANDS:
        lines = command.get_help(click.Context(command, info_name="faq")).splitlines()
        assert max(map(len, lines)) <= 80
