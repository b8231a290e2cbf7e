"""`faq completion`: what a shell is told, so that the Tab key completes commands, options and files."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from faqkb.faq.console import say
from faqkb.faq.options import examples

_NAME, _VARIABLE = "faq", "_FAQ_COMPLETE"  # the shell sets the variable where it asks what fits
_SHELLS = ("bash", "zsh", "fish")


@click.command(
    "completion",
    epilog=examples(
        "faq completion bash > ~/.local/share/bash-completion/completions/faq",
        'faq completion zsh > "${fpath[1]}/_faq"',
        "faq completion fish > ~/.config/fish/completions/faq.fish",
    ),
)
@click.argument("shell", type=click.Choice(_SHELLS))
@click.pass_context
def command(ctx: click.Context, shell: str) -> None:
    """Print the completion of a shell: save it where the shell looks for such files, and start a new shell."""
    written = get_completion_class(shell)
    assert written is not None  # noqa: S101 - click knows the three shells that it is asked for
    say(written(ctx.find_root().command, {}, _NAME, _VARIABLE).source().rstrip())
