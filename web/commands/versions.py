"""Commands about classifier versions: list, evaluate, promote, roll back."""

from typing import TYPE_CHECKING

import click

from web.commands.declaring import connected, example, waiting

if TYPE_CHECKING:
    from web.commands.connection import Answer, Service
    from web.commands.output import Output

_COLUMNS = {
    "id": "version",
    "champion": "champion",
    "golden_macro_f1": "golden macro F1",
    "dataset_id": "trained on",
    "created_at": "made (UTC)",
    "name": "name",
}
_FIELDS = _COLUMNS | {"parent_id": "trained from", "sha256": "SHA-256", "gate.passed": "passes the gate"}
_EVALUATIONS = {
    "id": "evaluation",
    "dataset_id": "dataset",
    "faces": "test faces",
    "macro_f1": "macro F1",
    "accuracy": "accuracy",
}
_version = click.argument("version", type=click.IntRange(1))


@click.command("versions")
@example("maskloop versions")
@click.argument("version", type=click.IntRange(1), required=False)
@click.option("--limit", type=click.IntRange(1), default=20, show_default=True, help="Most versions to list.")
@connected()
def versions(service: "Service", output: "Output", version: int | None, limit: int) -> None:
    """List classifier versions, newest first, or show one VERSION with its evaluations and the gate."""
    if version is None:
        output.objects(service.first("/versions", "versions", limit), _COLUMNS, empty="There is no version.")
        return
    show_version(output, service.read(f"/versions/{version}"))


def show_version(output: "Output", found: "Answer") -> None:
    """One version, its evaluations, and why the gate refuses it if it does."""
    output.one(found, _FIELDS)
    if output.as_json:
        return
    for reason in (found["gate"] or {}).get("reasons", []):
        print(f"gate: {reason}")
    if found["evaluations"]:
        output.objects(found["evaluations"], _EVALUATIONS)


@click.command("evaluate")
@example("maskloop evaluate 4 --dataset 3 --wait")
@_version
@click.option("--dataset", type=click.IntRange(1), required=True, help="On whose test faces.")
@waiting
@connected()
def evaluate(
    service: "Service", output: "Output", version: int, dataset: int, wait: bool, quiet: bool
) -> int:
    """Compute the metrics of VERSION and of the champion on the test faces of a dataset."""
    from web.commands.jobs import requested

    job = service.create(f"/versions/{version}/evaluate", {"dataset": dataset})
    return requested(service, output, job, wait=wait, quiet=quiet)


@click.command("promote")
@example('maskloop promote 4 --overrule --reason "better on small faces"')
@_version
@click.option("--overrule", is_flag=True, help="Although the gate refuses it; needs --reason.")
@click.option("--reason", default="", help="Is kept in the history.")
@connected()
def promote(service: "Service", output: "Output", version: int, overrule: bool, reason: str) -> None:
    """Make VERSION the champion, if it passes the gate."""
    body = {"overrule": overrule, "reason": reason}
    found = service.send("POST", f"/versions/{version}/promote", body)
    output.said(found, f"Version {found['id']}, {found['name']}, is the champion.")


@click.command("rollback")
@example("maskloop rollback")
@connected()
def rollback(service: "Service", output: "Output") -> None:
    """Make the champion before this one the champion again."""
    found = service.send("POST", "/versions/rollback")
    output.said(found, f"Version {found['id']}, {found['name']}, is the champion again.")
