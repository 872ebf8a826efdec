"""`maskloop doctor`: what is wrong with a service or a data folder, and what to do."""

from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from web.commands.declaring import URL_HELP, example
from web.commands.exit_status import DONE, INCOMPLETE
from web.commands.output import Output

if TYPE_CHECKING:
    from web.system.finding import Finding

_COLOURS = {"ok": "green", "warning": "yellow", "failed": "red"}


@click.command("doctor")
@example("maskloop doctor")
@click.option("--url", envvar="MASKLOOP_URL", metavar="URL", help=URL_HELP)
@click.option("--json", "as_json", is_flag=True, help="Print JSON: checks, each with name, state and advice.")
def doctor(url: str | None, as_json: bool) -> None:
    """Check broker, database, weights, workers, disk, clock and permissions, and say what to do.

    Exit status: 0 if nothing failed (there may be warnings), 1 if something did.
    """
    findings = _remote(url) if url else _local()
    failed = any(found.state.value == "failed" for found in findings)
    if as_json:
        Output(as_json=True).json({"ok": not failed, "checks": [asdict(found) for found in findings]})
    else:
        _print(findings)
    raise SystemExit(INCOMPLETE if failed else DONE)


def _local() -> "list[Finding]":
    from core.settings import Settings
    from web.system.diagnosis import diagnose

    return diagnose(Settings.from_env())


def _remote(url: str) -> "list[Finding]":
    from web.commands.remote_diagnosis import diagnose

    return diagnose(url)


def _print(findings: "list[Finding]") -> None:
    width = max(len(found.name) for found in findings)
    for found in findings:
        state = click.style(f"{found.state.value:<7}", fg=_COLOURS[found.state.value])
        click.echo(f"{state}  {found.name:<{width}}  {found.sentence}")
        if found.advice:
            click.echo(f"{'':<{width + 11}}{found.advice}")
