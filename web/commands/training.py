"""`maskloop train`: train a classifier version, here or on a service."""

import sys
from typing import TYPE_CHECKING, Any

import click

from web.commands.declaring import URL_HELP, example, more_options
from web.commands.exit_status import STOPPED
from web.commands.output import Output

if TYPE_CHECKING:
    from web.commands.connection import Service


@click.command("train")
@example("maskloop train --fine-tune 10")
@click.option("--dataset", type=int, help="Number of the dataset; by default a new one is frozen.")
@click.option("--fine-tune", default=0, show_default=True, help="Most epochs of fine-tuning.")
@click.option("--start", type=click.Choice(["champion", "imagenet"]), default="champion", show_default=True)
@click.option("--seed", default=1, show_default=True)
@more_options
@click.option("--no-wait", is_flag=True, help="Only request it; needs a running service.")
@click.option("--url", envvar="MASKLOOP_URL", metavar="URL", help=URL_HELP)
@click.option("--json", "as_json", is_flag=True, help="Print the version as JSON, as the API answers it.")
def train(
    dataset: int | None,
    fine_tune: int,
    start: str,
    seed: int,
    more: tuple[str, ...],
    no_wait: bool,
    url: str | None,
    as_json: bool,
) -> None:
    """Train a classifier version from the decisions, and evaluate it beside the champion.

    Exit status: 0 if a version was created, 2 if the training failed, 130 after Ctrl-C.
    """
    options = {"dataset_id": dataset, "fine_tune_epochs": fine_tune, "start": start, "seed": seed}
    if url is None and not (as_json or no_wait or more):
        sys.exit(_train_here(options))
    try:
        sys.exit(_train_by_api(url, options, more, Output(as_json=as_json), no_wait=no_wait))
    except KeyboardInterrupt:
        sys.exit(STOPPED)


def _train_here(options: dict[str, Any]) -> int:
    """With a line for each epoch, which the API does not tell."""
    from core.settings import Settings
    from core.training.options import TrainOptions
    from web.training_commands import run_training

    return run_training(Settings.from_env(), TrainOptions(**options))


def _train_by_api(
    url: str | None, options: dict[str, Any], more: tuple[str, ...], output: Output, *, no_wait: bool
) -> int:
    from web.commands.connection import open_service
    from web.commands.jobs import requested
    from web.commands.kind_options import find_kind, parse_options

    with open_service(url, prepares=True) as service:
        if more:
            options = options | parse_options(find_kind(service, "train"), more)
        job = service.create_job("train", options)
        if no_wait:
            return requested(service, output, job, wait=False, quiet=False)
        return _follow(service, output, job["id"])


def _follow(service: "Service", output: Output, job_id: int) -> int:
    """Wait for the training and show its version with its evaluations; Ctrl-C cancels the job."""
    from web.commands.following import end, follow
    from web.commands.versions import show_version

    job = follow(service, job_id, output, cancels=True)
    status = end(service, job, output)
    if job["version_id"] is not None:
        show_version(output, service.read(f"/versions/{job['version_id']}"))
    return status
