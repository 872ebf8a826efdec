"""`maskloop schedule`: jobs that recur."""

from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any

import click

from web.commands.completing import complete_kind, complete_option
from web.commands.declaring import connected, example, waiting

if TYPE_CHECKING:
    from web.commands.connection import Service
    from web.commands.output import Output

_COLUMNS = {
    "id": "schedule",
    "kind": "kind",
    "words": "when",
    "paused": "paused",
    "next_at": "next (UTC)",
    "title": "title",
}
_FIELDS = _COLUMNS | {
    "cron": "cron",
    "time_zone": "time zone",
    "overlap": "overlap",
    "last_run.state": "last run",
    "last_run.note": "its note",
    "last_run.job_id": "its job",
    "watch.state": "folder",
    "watch.problem": "its problem",
    "watch.photos_taken": "photos taken",
    "watch.growing": "still growing",
    "watch.waiting": "waiting for others",
}
_schedule = click.argument("number", metavar="SCHEDULE", type=click.IntRange(1))


@click.group()
def schedule() -> None:
    """Jobs that start at the times of a cron expression, or when photos arrive in a folder."""


@schedule.command("list")
@example("maskloop schedule list")
@connected()
def list_schedules(service: "Service", output: "Output") -> None:
    """List schedules, the next to run first."""
    output.objects(service.read("/schedules")["schedules"], _COLUMNS, empty="There is no schedule.")


@schedule.command("show")
@example("maskloop schedule show 2")
@_schedule
@connected()
def show(service: "Service", output: "Output", number: int) -> None:
    """Show one SCHEDULE."""
    output.one(service.read(f"/schedules/{number}"), _FIELDS)


@schedule.command("add")
@example('maskloop schedule add predict -o folder=/photos/inbox --cron "0 6 * * 1" --title "Weekly"')
@click.argument("kind", shell_complete=complete_kind)
@click.option(
    "--option", "-o", "given", metavar="NAME=VALUE", multiple=True, shell_complete=complete_option,
    help="An option of the kind, as for `maskloop submit`.",
)  # fmt: skip
@click.option("--cron", required=True, help="Five fields, six with seconds, or such as @daily.")
@click.option("--title", required=True, help="Also of its jobs.")
@click.option("--time-zone", default="UTC", show_default=True, help="Such as Europe/Berlin.")
@click.option("--overlap", help="What happens while the previous job runs; by default that run is skipped.")
@click.option("--renew-reports", is_flag=True, help="Write earlier reports again if faces were decided.")
@connected()
def add(
    service: "Service",
    output: "Output",
    kind: str,
    given: tuple[str, ...],
    cron: str,
    title: str,
    time_zone: str,
    overlap: str | None,
    renew_reports: bool,
) -> None:
    """Let jobs of KIND start at fixed times."""
    from web.commands.kind_options import find_kind, parse_options

    body: dict[str, Any] = {
        "title": title,
        "job": {"kind": kind, "options": parse_options(find_kind(service, kind), given)},
        "cron": cron,
        "time_zone": time_zone,
        "renews_reports": renew_reports,
    }
    made = service.send("POST", "/schedules", body | ({"overlap": overlap} if overlap else {}))
    output.said(made, f"Schedule {made['id']}, {made['title']}: {made['words']}.")


@schedule.command("watch")
@example("maskloop schedule watch /photos/inbox --settle 5")
@click.argument("folder")
@click.option("--title", help="Also of its jobs; by default of the folder's name.")
@click.option(
    "--option", "-o", "given", metavar="NAME=VALUE", multiple=True, shell_complete=complete_option,
    help="An option of predict jobs, as for `maskloop submit`.",
)  # fmt: skip
@click.option("--settle", type=float, help="Seconds for which a photo must not grow; by default 3.")
@click.option("--longest-wait", type=float, help="Seconds a photo waits for others; by default 30.")
@click.option("--new-only", is_flag=True, help="Leave out the photos that are there already.")
@click.option("--poll", is_flag=True, help="Look every few seconds, without the system's notifications.")
@connected()
def watch(
    service: "Service",
    output: "Output",
    folder: str,
    title: str | None,
    given: tuple[str, ...],
    settle: float | None,
    longest_wait: float | None,
    new_only: bool,
    poll: bool,
) -> None:
    """Read new photos of FOLDER, on the service's machine, as they arrive."""
    from web.commands.kind_options import find_kind, parse_options

    if service.local is not None:
        folder = str(Path(folder).resolve())
    options = parse_options(find_kind(service, "predict"), given) | {"folder": folder}
    how = {"settle_seconds": settle, "gather_seconds": longest_wait}
    body: dict[str, Any] = {
        "title": title or f"New in {PurePath(folder).name or folder}",
        "job": {"kind": "predict", "options": options},
        "watch": {name: value for name, value in how.items() if value is not None}
        | ({"reads_existing": False} if new_only else {})
        | ({"polls": True} if poll else {}),
    }
    made = service.send("POST", "/schedules", body)
    output.said(made, f"Schedule {made['id']}, {made['title']}: {made['words']}.")


@schedule.command("look")
@example("maskloop schedule look 2")
@_schedule
@connected()
def look(service: "Service", output: "Output", number: int) -> None:
    """Have the photos that have settled in the folder of SCHEDULE become a job now."""
    made = service.send("POST", f"/schedules/{number}/look")
    output.said(made, f"Schedule {number}: new photos that have settled become a job now.")


def _change(service: "Service", output: "Output", number: int, action: str) -> None:
    found = service.send("POST", f"/schedules/{number}/{action}")
    state = "paused" if found["paused"] else found["words"]
    output.said(found, f"Schedule {number}, {found['title']}: {state}.")


@schedule.command("pause")
@example("maskloop schedule pause 2")
@_schedule
@connected()
def pause(service: "Service", output: "Output", number: int) -> None:
    """Let SCHEDULE start nothing until it is resumed."""
    _change(service, output, number, "pause")


@schedule.command("resume")
@example("maskloop schedule resume 2")
@_schedule
@connected()
def resume(service: "Service", output: "Output", number: int) -> None:
    """Let SCHEDULE start jobs again."""
    _change(service, output, number, "resume")


@schedule.command("run")
@example("maskloop schedule run 2 --wait")
@_schedule
@waiting
@connected()
def run(service: "Service", output: "Output", number: int, wait: bool, quiet: bool) -> int:
    """Start the job of SCHEDULE now."""
    from web.commands.jobs import requested

    return requested(service, output, service.create(f"/schedules/{number}/run"), wait=wait, quiet=quiet)


@schedule.command("runs")
@example("maskloop schedule runs 2")
@_schedule
@connected()
def runs(service: "Service", output: "Output", number: int) -> None:
    """List the latest runs of SCHEDULE."""
    columns = {
        "planned_at": "planned (UTC)",
        "state": "run",
        "job_id": "job",
        "job_state": "state",
        "note": "note",
    }
    output.objects(service.read(f"/schedules/{number}/runs")["runs"], columns, empty="It has not run yet.")


@schedule.command("delete")
@example("maskloop schedule delete 2 --yes")
@_schedule
@click.confirmation_option(prompt="Delete the schedule?")
@connected()
def delete(service: "Service", output: "Output", number: int) -> None:
    """Delete SCHEDULE; its jobs stay."""
    service.send("DELETE", f"/schedules/{number}")
    output.said({"id": number, "deleted": True}, f"Schedule {number} is deleted.")
