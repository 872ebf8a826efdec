"""`maskloop run` and `photos`: predict photos of this machine, here or on a service, and bring the report."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from web.commands.declaring import URL_HELP, connected, example, more_options, waiting
from web.commands.exit_status import STOPPED
from web.commands.output import Output

if TYPE_CHECKING:
    from web.commands.connection import Answer, Service

_OUT = click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    help="Copy the report files here; the folder is made.",
)


@click.command("run")
@example("maskloop run ~/Pictures/site-visit --out report")
@click.argument("folder", type=click.Path(path_type=Path))
@_OUT
@click.option("--smallest-face", default=16, show_default=True, help="Pixels of the full-size photo.")
@click.option(
    "--certainty", default=0.6, show_default=True, help="Below this a face is indeterminate; 0.25 to 0.99."
)
@click.option("--quiet", is_flag=True, help="No progress bar.")
@click.option("--url", envvar="MASKLOOP_URL", metavar="URL", help=URL_HELP)
@click.option("--json", "as_json", is_flag=True, help="Print the job as JSON, as the API answers it.")
def run(
    folder: Path,
    out: Path | None,
    smallest_face: int,
    certainty: float,
    quiet: bool,
    url: str | None,
    as_json: bool,
) -> None:
    """Read a FOLDER of photos and write the report; with --url the photos are sent to that service.

    Exit status: 0 if every photo was read, 1 if some or all could not be, 2 if the job failed, 130
    after Ctrl-C.
    """
    from web.commands.folders import make_folder

    if out is not None:
        make_folder(out)
    options = {"smallest_face": smallest_face, "indeterminate_below": certainty}
    if url is None and not as_json:
        sys.exit(_run_here(folder, out, options, quiet=quiet))
    try:
        sys.exit(_run_by_api(url, folder, out, options, Output(as_json=as_json), quiet=quiet))
    except KeyboardInterrupt:
        sys.exit(STOPPED)


def _run_here(folder: Path, out: Path | None, options: dict[str, Any], *, quiet: bool) -> int:
    """Without the API, whose import takes as long as reading the first photos."""
    from core.predict.options import PredictOptions
    from core.settings import Settings
    from web.run_command import run_folder

    chosen = PredictOptions(folder=str(folder.resolve()), **options)
    return run_folder(Settings.from_env(), chosen, out=out, quiet=quiet)


def _run_by_api(
    url: str | None, folder: Path, out: Path | None, options: dict[str, Any], output: Output, *, quiet: bool
) -> int:
    from web.commands.connection import open_service

    place = str(folder.resolve())
    with open_service(url, prepares=True, allowed_folder=place) as service:
        given = {"folder": place} if url is None else {"upload_id": send(service, [folder], output, quiet)}
        job = service.create_job("predict", given | options)
        return finish(service, output, job["id"], out, quiet=quiet)


@click.command("photos")
@example("maskloop photos ~/Pictures/site-visit more.zip --out report")
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
@_OUT
@click.option("--title", default="", help="By default made of the options.")
@click.option("--upload", "upload_id", type=click.IntRange(1), help="Go on with an upload that was cut.")
@more_options
@waiting
@connected(prepares=True)
def photos(
    service: "Service",
    output: Output,
    paths: tuple[Path, ...],
    out: Path | None,
    title: str,
    upload_id: int | None,
    more: tuple[str, ...],
    wait: bool,
    quiet: bool,
) -> int:
    """Send photos, folders and zips of this machine, and find their faces.

    With --out it waits, and brings the report. A connection that is cut costs at most what was on its way.
    """
    from web.commands.folders import make_folder
    from web.commands.jobs import requested
    from web.commands.kind_options import find_kind, parse_options

    if out is not None:
        make_folder(out)
    options = parse_options(find_kind(service, "predict"), more) if more else {}
    sent = send(service, [*paths], output, quiet, upload_id=upload_id)
    job = service.create_job("predict", options | {"upload_id": sent}, title=title)
    if out is None:
        return requested(service, output, job, wait=wait, quiet=quiet)
    return finish(service, output, job["id"], out, quiet=quiet)


def send(
    service: "Service",
    paths: list[Path],
    output: Output,
    quiet: bool,
    *,
    upload_id: int | None = None,
    annotations: bool = False,
) -> int:
    """Send the files, with `annotations` also those of labelled sets that are no photos.

    Returns the number of the upload. ServiceError upload_interrupted says how to go on.
    """
    from core.errors import InputError
    from web.commands.sending import shown_upload

    for path in paths:
        if not path.exists():
            raise InputError("path_not_found", f"There is no file or folder {path}.")
    with shown_upload(output.console(quiet=quiet)) as show:
        sent = service.send_files(paths, upload_id=upload_id, annotations=annotations, progress=show)
    for name, reason in sent.refused.items():
        output.note(f"Not taken: {name}: {reason}")
    for name in sent.unreadable:
        output.note(f"Not sent, it cannot be read: {name}")
    return int(sent.id)


def finish(service: "Service", output: Output, job_id: int, out: Path | None, *, quiet: bool) -> int:
    """Wait for a predict job, print its result and bring its report; Ctrl-C cancels it. The exit status."""
    from web.commands.following import end, follow
    from web.commands.reports import newest, show_reports

    job = follow(service, job_id, output, quiet=quiet, cancels=True)
    status = end(service, job, output)
    if output.as_json:
        output.json(job)
    elif status != STOPPED:
        _print_result(job)
    if status != STOPPED and (out is not None or not output.as_json):
        found = newest(service.read(f"/jobs/{job_id}/reports")["reports"])
        show_reports(service, Output(), found, out, quiet=output.as_json)
    return status


def _print_result(job: "Answer") -> None:
    """The faces by label, and what could not be read and why."""
    from rich.console import Console
    from rich.table import Table

    from core.number_text import number, plural

    photos, words = job["photos"], {"incorrect": "mask worn incorrectly"}
    table = Table("", "faces", title=f"{plural(photos['done'], 'photo')} read")
    table.columns[1].justify = "right"
    for label, count in job["faces"].items():
        if count or label != "not_labelled":
            table.add_row(words.get(label, label.replace("_", " ")), number(count))
    table.add_section()
    table.add_row("no face", plural(photos["without_face"], "photo"))
    table.add_row("could not be read", plural(photos["failed"], "photo"))
    for code, count in (job.get("failures") or {}).items():
        table.add_row(f"  {code}", plural(count, "photo"))
    Console().print(table)
