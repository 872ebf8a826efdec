"""`maskloop version`: bring a classifier in as a version, and take a version out with its files."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from web.commands.declaring import connected, example, waiting

if TYPE_CHECKING:
    from web.commands.connection import Service
    from web.commands.output import Output


@click.group()
def version() -> None:
    """Classifier versions that come from elsewhere or leave."""


@version.command("import")
@example("maskloop version import masks.onnx --labels incorrect,with_mask,without_mask --scaling unit --wait")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--labels", required=True, help="The label of each output, in their order, with commas.")
@click.option("--scaling", help="bytes (0 to 255, the default), unit, signed, imagenet or caffe.")
@click.option("--colours", help="rgb, the default, or bgr.")
@click.option("--side", type=int, help="Side of the input in pixels, where the file does not say it.")
@click.option("--context", type=float, help="Size of the crop in face sizes; 1.35 by default.")
@click.option("--name", help="By default that of the file.")
@waiting
@connected(prepares=True)
def import_(
    service: "Service",
    output: "Output",
    file: Path,
    labels: str,
    wait: bool,
    quiet: bool,
    **more: Any,
) -> int:
    """Import the ONNX or Keras FILE of a classifier, and evaluate it beside the champion."""
    from web.commands.jobs import requested
    from web.commands.run import send

    given = {"labels": [label.strip() for label in labels.split(",") if label.strip()]}
    options = given | {name: value for name, value in more.items() if value is not None}
    sent = send(service, [file], output, quiet)
    job = service.create_job("import_version", options | {"upload_id": sent})
    return requested(service, output, job, wait=wait, quiet=quiet)


@version.command("export")
@example("maskloop version export 4 --to models")
@click.argument("version_id", metavar="VERSION", type=click.IntRange(1))
@click.option(
    "--to",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path(),
    help="Folder for the zip; it is made. By default the current one.",
)
@connected()
def export(service: "Service", output: "Output", version_id: int, to: Path) -> None:
    """Write a zip of the Keras, LiteRT and ONNX files of VERSION, with an example for each."""
    from web.commands.folders import make_folder

    make_folder(to)
    path = service.download(f"/versions/{version_id}/export", to, f"version-{version_id}.zip")
    output.said({"path": str(path)}, str(path))


@version.command("formats")
@example("maskloop version formats 4 --wait")
@click.argument("version_id", metavar="VERSION", type=click.IntRange(1))
@waiting
@connected(prepares=True)
def formats(service: "Service", output: "Output", version_id: int, wait: bool, quiet: bool) -> int:
    """Write the Keras, LiteRT and ONNX files that VERSION lacks, as one that ships or was imported does."""
    from web.commands.jobs import request_job

    return request_job(service, output, "version_formats", {"version_id": version_id}, wait=wait, quiet=quiet)
