"""`maskloop completion`: what a shell reads to complete commands, options, kinds and numbers of jobs."""

import click

from web.commands.declaring import example


@click.command("completion")
@example("maskloop completion bash > ~/.local/share/bash-completion/completions/maskloop")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> None:
    """Print the completion script for SHELL: bash, zsh or fish.

    bash reads it from ~/.local/share/bash-completion/completions/maskloop, zsh from _maskloop in a folder of
    its fpath, fish from ~/.config/fish/completions/maskloop.fish.
    """
    from click.shell_completion import get_completion_class

    from web.cli import main

    found = get_completion_class(shell)
    assert found is not None
    click.echo(found(main, {}, "maskloop", "_MASKLOOP_COMPLETE").source())
