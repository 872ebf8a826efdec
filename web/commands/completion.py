"""`maskloop completion`: what a shell reads to complete commands, options, kinds and numbers of jobs."""

import click

from web.commands.declaring import example

_ENDING = """            [[ "$key" == *= ]] && ending=(-S '')
            if [[ "$descr" == "_" ]]; then
"""


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
    click.echo(_without_space(found(main, {}, "maskloop", "_MASKLOOP_COMPLETE").source()))


def _without_space(script: str) -> str:
    """No space after `NAME=`, whose value follows; fish adds none anyway."""
    for before, after in (
        # bash
        ("    return 0\n", "    [[ ${COMPREPLY[0]-} == *= ]] && compopt -o nospace\n\n    return 0\n"),
        # zsh
        ("    local -a response\n", "    local -a response\n    local -a ending\n"),
        ('            if [[ "$descr" == "_" ]]; then\n', _ENDING),
        ("completions_with_descriptions -U\n", 'completions_with_descriptions -U "${ending[@]}"\n'),
        ("compadd -U -V unsorted -a completions", 'compadd -U -V unsorted "${ending[@]}" -a completions'),
    ):
        script = script.replace(before, after)
    return script
