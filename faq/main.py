"""The `faq` command: its subcommands, loaded when called, and how every error is told."""

from __future__ import annotations

import os
import sys
from difflib import get_close_matches
from importlib import import_module
from pathlib import Path

import click

from faqkb.faq.console import say, say_error
from faqkb.faq.options import any_kb_option, examples
from faqkb.kb.errors import KbError

_COMMANDS = {
    "init": "Make a FAQ to start from.",
    "ask": "Answer a question; `-` reads it from standard input.",
    "ingest": "Read FAQ Markdown and publish it as a new snapshot.",
    "lint": "Look for what is wrong in the FAQ itself.",
    "list": "List the stored records.",
    "show": "Show one stored record.",
    "check": "Run the scripts that check an answer on this machine.",
    "serve": "Serve the search page and the HTTP API.",
    "mcp": "Answer agents on standard input and output (Model Context Protocol).",
    "snapshots": "List the snapshots of a knowledge base, or go back to one.",
    "diff": "Show what changed between two snapshots.",
    "eval": "Measure answers on a file of labelled queries.",
    "questions": "Write labelled queries made of what is stored.",
    "tune": "Learn from labelled queries; keep what proves better.",
    "export": "Write all records as JSON Lines, JSON-LD, CSV, a web site or one file.",
    "import": "Publish an exported knowledge base, or make Markdown of a foreign FAQ.",
    "feedback": "Show what readers ask in vain, and their votes.",
    "gaps": "Show the questions without a good answer, weightiest first.",
    "improve": "Turn gaps that you accept into a patch of the Markdown.",
    "keys": "Make, list and take back the API keys of a server.",
    "doctor": "Check the installation, the model and every snapshot.",
    "model": "Prepare and describe the embedding model.",
    "completion": "Print what completes commands in your shell.",
    "help": "Show this list, or the help of a command.",
}
_ELSEWHERE = {  # than in `commands`
    **{"init": "starting", "completion": "starting"},
    **{"list": "records", "show": "records", "diff": "records"},
    "lint": "linting",
    **{"gaps": "improving", "improve": "improving"},
    **{"eval": "measuring", "tune": "measuring", "questions": "measuring"},
    **{"import": "handing.receiving"},  # a module cannot be called `import`
}
_ASKING = frozenset({"ask", "serve", "mcp", "eval"})
_NAME = "faq"  # however it is started: hints and completion say what is typed
_INTERRUPTED = 130  # what a shell reports for Ctrl-C: 128 + SIGINT


class _LazyGroup(click.Group):
    """Imports a subcommand's module only when it is called: `faq ask` starts without Flask and Markdown."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        if cmd_name == "help":
            return _help
        if cmd_name in _ASKING:
            # Before numpy is imported: a question's matrix products are small, and BLAS threads that wait for the next
            # one take the cores from ONNX Runtime (8.2 instead of 5.7 ms a question on two).
            os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
        room, _, module = _ELSEWHERE.get(cmd_name, "commands").partition(".")
        command: click.Command = import_module(f"faqkb.faq.{room}.{module or cmd_name}").command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find a command; one that is not there is told with the nearest that is."""
        near = [] if args[0] in _COMMANDS else get_close_matches(args[0], _COMMANDS, 1)
        if near:
            raise click.UsageError(f"No such command {args[0]!r}; did you mean `faq {near[0]}`?", ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(_COMMANDS.items()))


@click.command("help", epilog=examples("faq help", "faq help check run"))
@click.argument("names", nargs=-1, metavar="[COMMAND]")
@click.pass_context
def _help(ctx: click.Context, names: tuple[str, ...]) -> None:
    """Show the list of commands, or the help of one."""
    assert ctx.parent is not None  # noqa: S101 - it is a command of `faq`
    at, command = ctx.parent, ctx.parent.command
    for name in names:
        found = command.get_command(at, name) if isinstance(command, click.Group) else None
        if found is None:
            raise click.UsageError(f"No such command {' '.join(names)!r}", ctx)
        at, command = click.Context(found, info_name=name, parent=at), found
    say(command.get_help(at))


@click.group(
    cls=_LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"]},
    invoke_without_command=True,
    epilog=examples("faq init my-faq", "faq ask How do I change my password", "faq --kb /srv/faq snapshots"),
)
@click.version_option(None, "-v", "--version", package_name="faqkb", message="faq %(version)s")
@any_kb_option
@click.pass_context
def cli(ctx: click.Context, kb: Path | None) -> None:
    """Answer questions from a folder of FAQ Markdown, offline."""
    del kb  # the commands read it from the context: `faq.options`
    if ctx.invoked_subcommand is None:
        say(ctx.get_help())


def main() -> int:
    """Run the command line and return its exit code; an error is one line on standard error and exit code 2."""
    try:
        code = cli.main(prog_name=_NAME, standalone_mode=False)
    except click.exceptions.NoArgsIsHelpError as error:
        say(error.ctx.get_help())
        return 0
    except click.UsageError as error:
        hint = f"see `{error.ctx.command_path} --help`" if error.ctx else "see `faq --help`"
        return say_error(f"{error.format_message().rstrip('.')}; {hint}")
    except click.Abort:
        return _INTERRUPTED
    except (KbError, OSError) as error:
        if os.environ.get("FAQ_DEBUG") == "1":
            raise
        return say_error(str(error) if isinstance(error, KbError) else _told(error))
    return code if isinstance(code, int) else 0


def _told(error: OSError) -> str:
    """Say what the operating system refused: an unreadable settings file, a full disk behind the output."""
    return f"{error.filename or 'the output'}: {error.strerror or error}; check the disk and your permissions"


def run() -> None:
    """Run the command line as a program.

    It ends without taking apart what the operating system frees anyway: the tokenizer's hundred thousand pieces alone
    would take a twelfth of a question's time.
    """
    code = main()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)
