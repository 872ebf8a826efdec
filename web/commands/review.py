"""`maskloop review`: queues, and decisions as JSON lines for other services and tools."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from core.errors import InputError, PermanentError
from web.commands.declaring import connected, example
from web.commands.exit_status import DONE, INCOMPLETE

if TYPE_CHECKING:
    from web.commands.connection import Service
    from web.commands.output import Output

_QUEUES = {"id": "queue", "state": "state", "decided": "decided", "faces": "faces", "title": "title"}
_REFUSED = {"line": "line", "code": "code", "message": "why"}


@click.group()
def review() -> None:
    """Review queues, and decisions as JSON lines."""


@review.command("queues")
@example("maskloop review queues")
@click.option("--state", help="Only queues in this state, such as open.")
@click.option("--limit", type=click.IntRange(1), default=20, show_default=True, help="Most queues to list.")
@connected()
def queues(service: "Service", output: "Output", state: str | None, limit: int) -> None:
    """List review queues, newest first."""
    output.objects(
        service.first("/queues", "queues", limit, state=state), _QUEUES, empty="There is no queue."
    )


@review.command("export")
@example("maskloop review export decisions.jsonl --queue 3")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--queue", type=click.IntRange(1), help="Only decisions of this queue.")
@click.option(
    "--after", type=click.IntRange(0), default=0, help="Only decisions with a higher id: the new ones."
)
@connected()
def export(service: "Service", output: "Output", file: Path, queue: int | None, after: int) -> None:
    """Write the newest decision of each person about each face to FILE, a JSON object a line."""
    from web.commands.connection import translated_errors

    try:
        with translated_errors():
            written = service.client.decisions.export(file, after=after, queue=queue)
    except OSError as error:
        raise PermanentError("file_not_written", f"{file} cannot be written: {error.strerror}.") from error
    with written.open("rb") as lines:
        count = sum(1 for _ in lines)
    output.said({"file": str(written), "decisions": count}, f"{written}: {count} decisions")


@review.command("import")
@example("maskloop review import decisions.jsonl")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--named", is_flag=True, help="As decisions of the people that the lines name; needs admin.")
@connected()
def import_(service: "Service", output: "Output", file: Path, named: bool) -> int:
    """Add the decisions of FILE; done again, nothing is added twice.

    Exit status: 0, or 1 if a line could not be applied.
    """
    from web.commands.connection import translated_errors

    try:
        with translated_errors():
            answer = service.client.decisions.import_(file, people="named" if named else "caller")
    except OSError as error:
        raise InputError("file_not_read", f"{file} cannot be read: {error.strerror}.") from error
    found = answer.model_dump(mode="json")
    if output.as_json:
        output.json(found)
    else:
        names = ("saved", "unchanged", "replaced", "refused")
        output.pairs([(name, str(found[name])) for name in names])
        if found["refused_lines"]:
            output.objects(found["refused_lines"], _REFUSED)
    return INCOMPLETE if found["refused"] else DONE
