"""The `maskloop` command."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from core.errors import PermanentError
from web.command_group import CommandGroup
from web.commands.declaring import URL_HELP, example
from web.commands.folders import make_folder
from web.commands.output import Output
from web.part_commands import PARTS

if TYPE_CHECKING:
    from core.settings import Settings

_SMALLEST_FACE = 16.0
_url_option = click.option("--url", envvar="MASKLOOP_URL", metavar="URL", help=URL_HELP)
_json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


def _settings() -> "Settings":
    """The settings of the environment; their import would delay `maskloop --help`."""
    from core.settings import Settings

    return Settings.from_env()


@click.group(cls=CommandGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="maskloop")
def main() -> None:
    """Find the faces in photos and say who wears a mask."""


@main.command()
@example("maskloop serve --sample")
@click.option("--sample", is_flag=True, help="Submit the sample photos if there are no jobs.")
def serve(sample: bool) -> None:
    """Run the whole service on this machine until Ctrl-C."""
    from web.serve_command import serve_stack

    serve_stack(_settings(), sample=sample)


@main.command()
@example("maskloop photo tea.jpg")
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write the annotated photo here; its folder is made.",
)
@click.option("--no-picture", is_flag=True, help="Write no annotated photo.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")
@click.option(
    "--smallest-face", default=_SMALLEST_FACE, show_default=True, help="Pixels of the full-size photo."
)
@click.option(
    "--certainty", default=0.6, show_default=True, help="Below this a face is indeterminate; 0.25 to 0.99."
)
@click.option(
    "--url",
    envvar="MASKLOOP_URL",
    metavar="URL",
    help="Address of a service that finds the faces; by default MASKLOOP_URL, else this process.",
)
def photo(
    file: Path,
    out: Path | None,
    no_picture: bool,
    as_json: bool,
    smallest_face: float,
    certainty: float,
    url: str | None,
) -> None:
    """Find the faces of one photo FILE and write an annotated copy, NAME-faces.jpg by default.

    The copy is a PNG if its name ends in .png, else a JPEG.

    Exit status: 0 if the photo was read, 1 if it could not be, 2 if anything else failed.
    """
    if url and smallest_face != _SMALLEST_FACE:
        raise click.UsageError("--smallest-face is for this machine: a service finds faces from 16 pixels.")
    from web.photo_command import PhotoRequest, predict_photo, send_photo

    if out is not None and not no_picture:
        make_folder(out.parent)
    request = PhotoRequest(
        file=file,
        smallest_face=smallest_face,
        indeterminate_below=certainty,
        picture=None if no_picture else out or Path(f"{file.stem}-faces.jpg"),
        as_json=as_json,
    )
    sys.exit(send_photo(url, request) if url else predict_photo(_settings(), request))


@main.command()
@example("maskloop verify evidence.zip --public-key evidence-key.pem")
@click.argument("pack", type=click.Path(path_type=Path))
@click.option("--public-key", type=click.Path(path_type=Path), help="PEM file of the key that signed it.")
@click.option("--fingerprint", metavar="HEX", help="Fingerprint of that key instead.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of lines.")
def verify(pack: Path, public_key: Path | None, fingerprint: str | None, as_json: bool) -> None:
    """Check an evidence PACK, offline: its signature and every file, naming each that was changed.

    Exit status: 0 if it is intact and signed by the given key, 1 if anything was changed, 2 if it is not a
    pack, 3 if it is intact but signed by another key, or no key was given.
    """
    from web.verify_command import verify_file

    if public_key is not None and fingerprint is not None:
        raise click.UsageError("Give --public-key or --fingerprint, not both.")
    sys.exit(verify_file(pack, public_key=public_key, fingerprint=fingerprint, as_json=as_json))


@main.command()
@example("maskloop setup")
@click.option(
    "--adopt-folder", is_flag=True, help="The data folder is a copy of the one that the database knows."
)
@_json_option
def setup(adopt_folder: bool, as_json: bool) -> None:
    """Create the data folder and tables and download the weights; fast if all is there."""
    from workers.setup import prepare

    settings, output = _settings(), Output(as_json=as_json)
    prepare(settings, say=output.note if as_json else click.echo, adopt_folder=adopt_folder)
    if as_json:
        output.json({"data": str(settings.data)})


@main.command()
@example("maskloop system --url https://masks.example.org")
@_url_option
@_json_option
def system(url: str | None, as_json: bool) -> None:
    """Print version, workers, queue, disk, database, broker, champion and settings in force.

    Exit status: 0, or 1 if a part could not be read.
    """
    if url or as_json:
        from web.commands.service import show_system

        sys.exit(show_system(url, Output(as_json=as_json)))
    from web.system_command import print_system

    sys.exit(print_system(_settings()))


@main.command()
@example("maskloop link")
@_json_option
def link(as_json: bool) -> None:
    """Print a link that signs in one browser once."""
    from web.serve_command import sign_in_address

    address = sign_in_address(_settings())
    Output(as_json=as_json).said({"link": address}, address)


@main.command()
@example("maskloop password")
@click.password_option(help="At least ten characters.")
@_json_option
def password(password: str, as_json: bool) -> None:
    """Set the owner's password, which allows sign-in from other machines."""
    from core.accounts import OWNER, hash_password, set_password
    from core.activity.store import by_command, write_activity
    from core.database import Database
    from models import ActivityKind
    from web.serve_command import require_database

    settings = _settings()
    require_database(settings)
    hashed = hash_password(password)
    with Database(settings.sql_url).write() as session:
        set_password(session, OWNER, hashed)
        write_activity(session, by_command(session, ActivityKind.PEOPLE_CHANGED, "maskloop password"))
    Output(as_json=as_json).said({"set": True}, "The password is set; every browser must sign in again.")


@main.command()
def web() -> None:
    """Run only the web server."""
    from web.server import serve as serve_web
    from workers.setup import settings_of_part

    serve_web(settings_of_part())


@main.command()
def worker() -> None:
    """Run only the workers."""
    import os

    from workers.setup import settings_of_part
    from workers.stack import worker_command

    command = worker_command(settings_of_part())
    os.execv(command[0], command)  # noqa: S606


@main.command()
@example("maskloop compare 3")
@click.argument("dataset", type=int)
@click.option("--fine-tune", default=30, show_default=True, help="Most epochs of fine-tuning.")
@click.option("--start", type=click.Choice(["champion", "imagenet"]), default="imagenet", show_default=True)
@click.option("--epochs", default=50, show_default=True, help="Most epochs of the tutorial's training.")
@click.option("--url", envvar="MASKLOOP_URL", hidden=True)
@_json_option
def compare(dataset: int, fine_tune: int, start: str, epochs: int, url: str | None, as_json: bool) -> None:
    """Train on DATASET as a job and as a tutorial does, and show both results; on the data folder alone.

    The tutorial's training has a frozen ImageNet backbone, one layer of 256, dropout, Adam at 1e-4, and
    splits file by file. It runs in this process, which reads the pictures of the data folder.
    """
    if url is not None:
        raise click.UsageError(
            "compare trains in its own process and needs the data folder: run it on the machine of the "
            "service, without --url and MASKLOOP_URL."
        )
    from core.training.options import Start, TrainOptions
    from web.training_commands import run_comparison

    options = TrainOptions(dataset_id=dataset, fine_tune_epochs=fine_tune, start=Start(start))
    sys.exit(run_comparison(_settings(), options, epochs=epochs, as_json=as_json))


@main.command()
@example("maskloop health worker")
@click.argument("part", type=click.Choice(["worker", "tick", "watcher", "trainer", "live"]), required=False)
@_url_option
@_json_option
def health(part: str | None, url: str | None, as_json: bool) -> None:
    """Say whether the service does its work, or whether PART runs on this host.

    Exit status: 0 if so, 1 if not. For health checks of containers and supervisors.
    """
    if part is None and (url or as_json):
        from web.commands.service import show_health

        sys.exit(show_health(url, Output(as_json=as_json)))
    # A container's check asks about its own process, whichever service its environment names.
    from web.system_command import print_health

    sys.exit(print_health(_settings(), part, Output(as_json=as_json)))


@main.command()
@example("maskloop samples ~/Pictures/samples")
@click.argument("folder", type=click.Path(path_type=Path))
@_json_option
def samples(folder: Path, as_json: bool) -> None:
    """Write the sample photos into FOLDER."""
    from core.samples.making import make_samples

    try:
        count = make_samples(folder)
    except OSError as error:
        raise PermanentError(
            "samples_not_written", f"{folder} cannot be written: {error.strerror}."
        ) from error
    found = {"folder": str(folder), "photos": count}
    Output(as_json=as_json).said(found, f"{count} photos in {folder}")


for part in PARTS:
    main.add_command(part)


if __name__ == "__main__":
    main(prog_name="maskloop")
