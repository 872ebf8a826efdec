"""`maskloop report`: write the report of a job again, or download the newest one."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from web.commands.completing import complete_job
from web.commands.declaring import connected, example

if TYPE_CHECKING:
    from web.commands.connection import Answer, Service
    from web.commands.output import Output


@click.command("report")
@example("maskloop report 7 --out report")
@click.argument("job", type=click.IntRange(1), shell_complete=complete_job)
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), help="Copy the files here.")
@click.option("--as-is", is_flag=True, help="Write nothing: take the newest files that there are.")
@click.option("--file", "files", multiple=True, help="Only this file, such as faces.csv; repeat it for more.")
@click.option("--names", is_flag=True, help="Name the people who decided.")
@click.option("--if-changed", is_flag=True, help="Only if something was decided since the newest report.")
@click.option("--quiet", is_flag=True, help="No progress.")
@connected()
def report(
    service: "Service",
    output: "Output",
    job: int,
    out: Path | None,
    as_is: bool,
    files: tuple[str, ...],
    names: bool,
    if_changed: bool,
    quiet: bool,
) -> int | None:
    """Write the report of JOB again, with what people decided since; earlier writings stay.

    Prints the files, or where they are. Exit status: 0, or 2 if they could not be written.
    """
    from web.commands.folders import make_folder

    if out is not None:
        make_folder(out)
    found = service.read(f"/jobs/{job}/reports")
    if not as_is:
        output.note(changes_words(found["changes"]))
        if if_changed and found["changes"] is not None and not found["changes"]["photos"]:
            return 0
        _write(service, output, job, names=names, files=files, quiet=quiet)
        found = service.read(f"/jobs/{job}/reports")
    show_reports(service, output, newest(found["reports"], files), out)
    return None


def _write(
    service: "Service", output: "Output", job_id: int, *, names: bool, files: tuple[str, ...], quiet: bool
) -> None:
    """Have the files written, and wait for them; ServiceError where that fails."""
    from web.commands.exit_status import ServiceError
    from web.commands.following import follow

    body = {"names": names} | ({"files": [*files]} if files else {})
    numbers = {each["number"] for each in service.send("POST", f"/jobs/{job_id}/reports", body)["reports"]}
    follow(service, job_id, output, quiet=quiet)
    for each in service.read(f"/jobs/{job_id}/reports")["reports"]:
        if each["number"] in numbers and each["state"] == "failed":
            raise ServiceError("report_failed", f"{each['name']}: {each['error_message']}")


def newest(reports: "list[Answer]", names: tuple[str, ...] = ()) -> "list[Answer]":
    """The newest writing of each file that is ready, or of the named ones; InputError report_not_found."""
    from core.errors import InputError

    ready = {each["name"]: each for each in reports if each["state"] == "ready"}
    missing = [name for name in names if name not in ready]
    if missing:
        raise InputError(
            "report_not_found", f"The job has no file {missing[0]!r}. It has: {', '.join(ready)}."
        )
    return [ready[name] for name in names] if names else list(ready.values())


def show_reports(
    service: "Service", output: "Output", found: "list[Answer]", out: Path | None, *, quiet: bool = False
) -> None:
    """Download the files if there is a folder for them; print where each is, the HTML page last."""
    found = sorted(found, key=lambda each: bool(each["name"] == "report.html"))
    places = [_place(service, each) if out is None else _bring(service, each, out) for each in found]
    if output.as_json:
        output.json([each | {"place": place} for each, place in zip(found, places, strict=True)])
        return
    for place in () if quiet else places:
        print(place)


def _bring(service: "Service", report: "Answer", out: Path) -> str:
    path = report["address"].partition("/api/v1")[2]
    return str(service.download(path, out, report["name"]))


def _place(service: "Service", report: "Answer") -> str:
    """The path of a report in the data folder; its address on a service."""
    path = report["address"].partition("/api/v1")[2]
    if service.local is None:
        return f"{service.url.removesuffix('/api/v1')}/api/v1{path}"
    from core.database import Database
    from core.results.reports.queries import get_ready_report, stored_report

    database = Database(service.local.sql_url)
    try:
        with database.read() as rows:
            row = get_ready_report(rows, int(path.split("/")[2]), report["name"], report["number"])
    finally:
        database.dispose()
    return str(stored_report(row, service.local))


def changes_words(changes: "Answer | None") -> str:
    """What was decided since the newest report, as a sentence."""
    from core.number_text import plural

    if changes is None:
        return "The job has no report yet."
    if not changes["photos"]:
        return f"Nothing was decided since report {changes['number']}."
    least = "More than " if changes["at_least"] else ""
    if not changes["faces"]:
        changed = plural(changes["photos"], "photo has", "photos have")
        return f"{least}{changed} changed boxes since report {changes['number']}."
    decided = plural(changes["faces"], "face was", "faces were")
    return f"{least}{decided} decided since report {changes['number']}."
