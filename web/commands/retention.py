"""`maskloop retention`: what a retention would delete, and the job that does it."""

from typing import TYPE_CHECKING, Any

import click

from core.number_text import plural
from web.commands.declaring import connected, example, waiting

if TYPE_CHECKING:
    from web.commands.connection import Service
    from web.commands.output import Output

_FIELDS = {
    "words": "photos of",
    "due": "pictures that would be deleted now",
    "bytes": "bytes",
    "in_folders": "of them in your folders, whose files stay",
    "kept_newer": "stay since a newer job has them",
    "kept_dataset": "stay since a dataset has faces of them",
    "erased": "deleted before",
}


@click.command("retention")
@example("maskloop retention job 7 --days 30")
@click.argument("by", type=click.Choice(["job", "series", "host"]))
@click.argument("value")
@click.option("--days", default=30, show_default=True, help="Days that photos are kept.")
@click.option("--datasets", is_flag=True, help="Also photos of which a dataset has faces.")
@click.option("--delete", is_flag=True, help="Delete them, by a job.")
@click.option("--yes", is_flag=True, help="Do not ask before they are deleted.")
@waiting
@connected()
def retention(
    service: "Service",
    output: "Output",
    by: str,
    value: str,
    days: int,
    datasets: bool,
    delete: bool,
    yes: bool,
    wait: bool,
    quiet: bool,
) -> int:
    """Count the pictures of a job, a series (the jobs of a schedule) or a host that are older than some days.

    VALUE is the number of the job or schedule, or the host. With --delete a job deletes the pictures; faces,
    decisions and counts stay.
    """
    from web.commands.jobs import request_job

    options: dict[str, Any] = {"by": by, "value": value, "days": days, "datasets": datasets}
    plan = service.send("POST", "/retention/plan", options)
    if not delete:
        output.one(plan, _FIELDS)
        return 0
    if not yes:
        click.confirm(
            f"Delete {plural(plan['due'], 'picture')} of {plan['words']} for good?", abort=True, err=True
        )
    return request_job(service, output, "retention", options, wait=wait, quiet=quiet)
