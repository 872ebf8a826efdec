"""`maskloop export` and `maskloop share`: photos and faces in the format of another program, and links."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from web.commands.completing import complete_job
from web.commands.declaring import connected, example, more_options, waiting

if TYPE_CHECKING:
    from web.commands.connection import Service
    from web.commands.output import Output

_FORMATS = (
    *("voc", "coco", "yolo", "darknet", "label_studio", "cvat", "createml", "class_folders", "imagefolder"),
    *("wider_face", "csv", "parquet", "webdataset", "tfrecord"),
)
_FILE = "export.zip"
_COLUMNS = {
    "id": "number",
    "name": "file",
    "expires_at": "until (UTC)",
    "uses": "downloads",
    "address": "address",
}


@click.command("export")
@example("maskloop export yolo --job 7 --out exports")
@click.argument("format_", metavar="FORMAT", type=click.Choice(_FORMATS))
@click.option("--job", type=click.IntRange(1), help="Photos of this job; without a source all photos.")
@click.option("--dataset", "dataset_id", type=click.IntRange(1), help="A dataset with its splits.")
@click.option("--queue", "queue_id", type=click.IntRange(1), help="Photos of this review queue.")
@click.option("--labels", type=click.Choice(["final", "decided"]), help="Final labels, or decided ones only.")
@click.option("--licence", "licences", multiple=True, help="Only photos under this licence, such as CC0.")
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), help="Wait, and bring the zip here.")
@more_options
@waiting
@connected(prepares=True)
def export(
    service: "Service",
    output: "Output",
    format_: str,
    job: int | None,
    out: Path | None,
    more: tuple[str, ...],
    wait: bool,
    quiet: bool,
    **given: Any,
) -> int:
    """Write photos and faces as one zip in FORMAT; `--option` has filters, splits and the rest.

    Prints the number of the job, or with --out where the zip is.
    """
    from web.commands.folders import make_folder
    from web.commands.following import follow
    from web.commands.kind_options import find_kind, parse_options
    from web.commands.requests import request_kind

    options = {**given, "format": format_, "selection": None if job is None else {"job": job}}
    if out is None:
        return request_kind(service, output, "export", options, more=more, wait=wait, quiet=quiet)
    make_folder(out)
    chosen = {name: value for name, value in options.items() if value not in (None, ())}
    if more:
        chosen |= parse_options(find_kind(service, "export"), more)
    made = service.create_job("export", chosen)
    ended = follow(service, made["id"], output, quiet=quiet)
    return _bring(service, output, ended, out)


def _bring(service: "Service", output: "Output", job: dict[str, Any], out: Path) -> int:
    """Download the zip of a job that has ended; the exit status."""
    from web.commands.following import end

    status = end(service, job, output)
    if job["state"] != "done":
        return status
    path = service.download(f"/jobs/{job['id']}/reports/latest/{_FILE}", out, f"export-{job['id']}.zip")
    output.said(job | {"place": str(path)}, str(path))
    return status


@click.command("share")
@example("maskloop share 7 --file export.zip --days 14")
@click.argument("job", type=click.IntRange(1), shell_complete=complete_job)
@click.option("--file", "name", default=_FILE, show_default=True, help="The file, such as report.html.")
@click.option("--days", type=click.IntRange(1, 365), default=7, show_default=True, help="Days until it ends.")
@click.option("--list", "lists", is_flag=True, help="List the links that work.")
@click.option("--revoke", type=click.IntRange(1), help="End the link of this number.")
@connected()
def share(
    service: "Service", output: "Output", job: int, name: str, days: int, lists: bool, revoke: int | None
) -> None:
    """Make a link by which anyone downloads a file of JOB without an account until its end; prints it."""
    if lists:
        found = service.read(f"/jobs/{job}/links")["links"]
        output.objects(
            [each | {"address": _address(service, each)} for each in found],
            _COLUMNS,
            empty="There are no links.",
        )
    elif revoke is not None:
        service.send("DELETE", f"/jobs/{job}/links/{revoke}")
        output.said({"id": revoke, "revoked": True}, f"Link {revoke} is revoked.")
    else:
        made = service.send("POST", f"/jobs/{job}/links", {"name": name, "days": days})
        address = _address(service, made)
        output.said(made | {"address": address}, address)


def _address(service: "Service", link: dict[str, Any]) -> str:
    """The address of a link; on a data folder that of the service which the settings describe."""
    from urllib.parse import urlsplit

    address: str = link["address"]
    if service.local is None:
        return address
    return f"http://{service.local.host}:{service.local.port}{urlsplit(address).path}"
