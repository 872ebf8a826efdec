"""Commands about jobs of any kind: request, list, watch and steer them."""

from typing import TYPE_CHECKING

import click

from web.commands.completing import complete_job, complete_kind, complete_option
from web.commands.declaring import connected, example, waiting

if TYPE_CHECKING:
    from web.commands.connection import Answer, Service
    from web.commands.output import Output

_COLUMNS = {
    "id": "job",
    "kind": "kind",
    "outcome": "state",
    "photos.done": "photos",
    "created_at": "requested (UTC)",
    "title": "title",
}
_FIELDS = {
    "id": "job",
    "kind": "kind",
    "title": "title",
    "outcome": "state",
    "progress.activity": "does",
    "progress.stalled": "stalled",
    "photos.found": "photos found",
    "photos.done": "photos read",
    "photos.failed": "photos not read",
    "photos.without_face": "photos without a face",
    "faces.with_mask": "faces with mask",
    "faces.without_mask": "faces without mask",
    "faces.incorrect": "faces with the mask worn incorrectly",
    "faces.indeterminate": "faces indeterminate",
    "faces.not_labelled": "faces not labelled",
    "created_at": "requested (UTC)",
    "started_at": "started (UTC)",
    "finished_at": "ended (UTC)",
    "error_code": "error",
    "error_message": "reason",
}
_STATES = ("waiting", "running", "paused", "done", "failed", "cancelled")
_job_argument = click.argument("job", type=click.IntRange(1), shell_complete=complete_job)


@click.command("jobs")
@example("maskloop jobs --state running")
@click.argument("job", type=click.IntRange(1), required=False, shell_complete=complete_job)
@click.option("--kind", shell_complete=complete_kind, help="Only jobs of this kind.")
@click.option("--state", type=click.Choice(_STATES), help="Only jobs in this state.")
@click.option("--words", help="Part of the title, or the number of a job.")
@click.option("--helpers", is_flag=True, help="Also jobs that serve others, such as removals.")
@click.option("--limit", type=click.IntRange(1), default=20, show_default=True, help="Most jobs to list.")
@connected()
def jobs(
    service: "Service",
    output: "Output",
    job: int | None,
    kind: str | None,
    state: str | None,
    words: str | None,
    helpers: bool,
    limit: int,
) -> None:
    """List jobs, newest first, or show one JOB."""
    if job is not None:
        output.one(service.read(f"/jobs/{job}"), _FIELDS)
        return
    query = {"kind": kind, "state": state, "words": words, "helpers": helpers or None}
    found = service.first("/jobs", "jobs", limit, **query)
    output.objects(found, _COLUMNS, empty="There is no such job.")


@click.command("submit")
@example("maskloop submit predict --option folder=/photos/street --option smallest_face=24 --wait")
@click.argument("kind", shell_complete=complete_kind)
@click.option(
    "--option",
    "-o",
    "given",
    metavar="NAME=VALUE",
    multiple=True,
    shell_complete=complete_option,
    help="An option of the kind, by `maskloop kinds KIND`; repeat it for more, and for values of a list.",
)
@click.option("--title", default="", help="By default made of the options.")
@click.option("--key", help="On a service: the same key within a day answers with the same job.")
@waiting
@connected(prepares=True)
def submit(
    service: "Service",
    output: "Output",
    kind: str,
    given: tuple[str, ...],
    title: str,
    key: str | None,
    wait: bool,
    quiet: bool,
) -> int:
    """Request a job of any KIND."""
    from web.commands.kind_options import find_kind, parse_options

    if key is not None and service.local is not None:
        raise click.UsageError("--key needs a service (--url): keys belong to tokens.")
    options = parse_options(find_kind(service, kind), given)
    return request_job(service, output, kind, options, title=title, key=key, wait=wait, quiet=quiet)


def request_job(
    service: "Service",
    output: "Output",
    kind: str,
    options: "Answer",
    *,
    title: str = "",
    key: str | None = None,
    wait: bool = False,
    quiet: bool = False,
) -> int:
    """Request a job and wait for it if asked to; returns the exit status."""
    return requested(
        service, output, service.create_job(kind, options, title=title, key=key), wait=wait, quiet=quiet
    )


def requested(service: "Service", output: "Output", job: "Answer", *, wait: bool, quiet: bool) -> int:
    """Print a job that was just requested, or wait for it and print how it ended; returns the exit status."""
    if not wait:
        output.said(job, str(job["id"]))
        output.note(f"Job {job['id']}, {job['title']}: {job['outcome'].lower()}.{_hint(service, job)}")
        return 0
    return watched(service, output, job["id"], quiet=quiet)


def _hint(service: "Service", job: "Answer") -> str:
    """How the job gets done where no service runs."""
    from web.commands.local_work import is_served

    if service.local is None or is_served(service.local):
        return ""
    return f" No service runs here: `maskloop watch {job['id']}` does its work."


def watched(service: "Service", output: "Output", job_id: int, *, quiet: bool) -> int:
    """Wait for a job, print it; returns the exit status. Ctrl-C leaves the job."""
    from web.commands.following import end, follow

    try:
        job = follow(service, job_id, output, quiet=quiet)
    except KeyboardInterrupt:
        output.note(f"Job {job_id} was not cancelled; `maskloop watch {job_id}` waits again.")
        raise
    if output.as_json:
        output.json(job)
    status = end(service, job, output)
    if not output.as_json:
        output.one(job, _FIELDS)
    return status


@click.command("kinds")
@example("maskloop kinds predict")
@click.argument("kind", required=False, shell_complete=complete_kind)
@connected()
def kinds(service: "Service", output: "Output", kind: str | None) -> None:
    """List the kinds of jobs that can be requested, or the options of one KIND."""
    from web.commands.kind_options import describe, find_kind, read_kinds

    if kind is None:
        found = [{"name": each.name, "title": each.title} for each in read_kinds(service).values()]
        output.objects(found, {"name": "kind", "title": "what it is"})
        return
    columns = {"name": "option", "type": "value", "default": "default", "description": "description"}
    output.objects(describe(find_kind(service, kind)), columns, empty="The kind has no options.")


@click.command("watch")
@example("maskloop watch 7")
@_job_argument
@click.option("--quiet", is_flag=True, help="No progress.")
@connected()
def watch(service: "Service", output: "Output", job: int, quiet: bool) -> int:
    """Wait until JOB has ended, with its progress.

    Without a running service its work is done here. Ctrl-C leaves the job as it is.
    """
    return watched(service, output, job, quiet=quiet)


def _steer(service: "Service", output: "Output", job_id: int, action: str) -> None:
    answer = service.send("POST", f"/jobs/{job_id}/{action}")
    output.said(answer, f"Job {job_id}, {answer['title']}: {answer['outcome'].lower()}.")


@click.command("pause")
@example("maskloop pause 7")
@_job_argument
@connected()
def pause(service: "Service", output: "Output", job: int) -> None:
    """Let JOB stand until it is resumed."""
    _steer(service, output, job, "pause")


@click.command("resume")
@example("maskloop resume 7")
@_job_argument
@connected()
def resume(service: "Service", output: "Output", job: int) -> None:
    """Go on with JOB after a pause."""
    _steer(service, output, job, "resume")


@click.command("cancel")
@example("maskloop cancel 7")
@_job_argument
@connected()
def cancel(service: "Service", output: "Output", job: int) -> None:
    """End JOB; what is done stays."""
    _steer(service, output, job, "cancel")


@click.command("continue")
@example("maskloop continue 7 --wait")
@_job_argument
@waiting
@connected()
def continue_(service: "Service", output: "Output", job: int, wait: bool, quiet: bool) -> int:
    """Go on where a cancelled or failed JOB ended."""
    return requested(service, output, service.send("POST", f"/jobs/{job}/continue"), wait=wait, quiet=quiet)


@click.command("retry")
@example("maskloop retry 7")
@_job_argument
@waiting
@connected()
def retry(service: "Service", output: "Output", job: int, wait: bool, quiet: bool) -> int:
    """Try the photos of JOB again that could not be read."""
    return requested(service, output, service.send("POST", f"/jobs/{job}/retry"), wait=wait, quiet=quiet)


@click.command("again")
@example("maskloop again 7 --wait")
@_job_argument
@waiting
@connected()
def again(service: "Service", output: "Output", job: int, wait: bool, quiet: bool) -> int:
    """Request another job with the options of JOB."""
    return requested(service, output, service.create(f"/jobs/{job}/again"), wait=wait, quiet=quiet)


@click.command("delete")
@example("maskloop delete 7 --yes")
@_job_argument
@click.confirmation_option(prompt="Delete the job with its reports?")
@connected()
def delete(service: "Service", output: "Output", job: int) -> None:
    """Delete JOB with its reports once it has ended; photos, faces and decisions stay."""
    service.send("DELETE", f"/jobs/{job}")
    output.said({"id": job, "deleted": True}, f"Job {job} is deleted.")


@click.command("events")
@example("maskloop events 7")
@_job_argument
@connected()
def events(service: "Service", output: "Output", job: int) -> None:
    """Print the log of JOB, newest line first."""
    columns = {"at": "at (UTC)", "level": "level", "code": "event", "text": "text"}
    output.objects(service.read(f"/jobs/{job}/events")["events"], columns, empty="The log is empty.")
