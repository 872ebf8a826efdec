"""Commands about face detectors that were trained here: list, train, evaluate, promote, roll back."""

from typing import TYPE_CHECKING

import click

from web.commands.declaring import connected, example, more_options, waiting

if TYPE_CHECKING:
    from web.commands.connection import Service
    from web.commands.output import Output

_COLUMNS = {
    "id": "detector",
    "champion": "in use",
    "ap_05": "AP at IoU 0.5",
    "ap_03": "AP at IoU 0.3",
    "created_at": "made (UTC)",
    "name": "name",
}
_FIELDS = _COLUMNS | {"parent_id": "trained from", "sha256": "SHA-256", "gate.passed": "passes the gate"}
_detector = click.argument("detector_id", metavar="DETECTOR", type=click.IntRange(1))


@click.group("detector")
def detector() -> None:
    """Train, list, evaluate and promote face detectors."""


@detector.command("list")
@example("maskloop detector list")
@click.option("--limit", type=click.IntRange(1), default=20, show_default=True, help="Most to list.")
@connected()
def list_detectors(service: "Service", output: "Output", limit: int) -> None:
    """List trained face detectors, newest first."""
    found = service.first("/detectors", "detectors", limit)
    output.objects(found, _COLUMNS, empty="No detector was trained; the installed one is in use.")


@detector.command("show")
@example("maskloop detector show 1")
@_detector
@connected()
def show(service: "Service", output: "Output", detector_id: int) -> None:
    """Show DETECTOR with its metrics, and why the gate refuses it if it does."""
    found = service.read(f"/detectors/{detector_id}")
    output.one(found, _FIELDS)
    if output.as_json:
        return
    for reason in (found["gate"] or {}).get("reasons", []):
        print(f"gate: {reason}")


@detector.command("train")
@example("maskloop detector train --steps 2000 --wait")
@click.option("--steps", type=int, help="Batches of mosaics that it learns from.")
@more_options
@waiting
@connected(prepares=True)
def train(
    service: "Service", output: "Output", steps: int | None, more: tuple[str, ...], wait: bool, quiet: bool
) -> int:
    """Train a detector on the photos whose faces are all boxed, and evaluate it beside the one in use."""
    from web.commands.requests import request_kind

    options = {"steps": steps}
    return request_kind(service, output, "train_detector", options, more=more, wait=wait, quiet=quiet)


@detector.command("evaluate")
@example("maskloop detector evaluate 1 --wait")
@_detector
@waiting
@connected()
def evaluate(service: "Service", output: "Output", detector_id: int, wait: bool, quiet: bool) -> int:
    """Measure DETECTOR and the detector in use on the boxed photos that are held back."""
    from web.commands.jobs import requested

    job = service.create(f"/detectors/{detector_id}/evaluate", {})
    return requested(service, output, job, wait=wait, quiet=quiet)


@detector.command("promote")
@example('maskloop detector promote 1 --overrule --reason "finds the faces of camera 7"')
@_detector
@click.option("--overrule", is_flag=True, help="Although the gate refuses it; needs --reason.")
@click.option("--reason", default="", help="Is kept in the history.")
@connected()
def promote(service: "Service", output: "Output", detector_id: int, overrule: bool, reason: str) -> None:
    """Let DETECTOR find the faces of new jobs, if it passes the gate."""
    body = {"overrule": overrule, "reason": reason}
    found = service.send("POST", f"/detectors/{detector_id}/promote", body)
    output.said(found, f"{found['name']} finds the faces of new jobs.")


@detector.command("rollback")
@example("maskloop detector rollback")
@connected()
def rollback(service: "Service", output: "Output") -> None:
    """Let the detector before this one find the faces again."""
    found = service.send("POST", "/detectors/rollback")
    output.said(found, f"{found['detector']} finds the faces of new jobs again.")
