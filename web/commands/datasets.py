"""`maskloop dataset`: freeze labels into datasets, look at them, pin the golden test set."""

from typing import TYPE_CHECKING

import click

from web.commands.declaring import connected, example, waiting

if TYPE_CHECKING:
    from web.commands.connection import Service
    from web.commands.output import Output

_COLUMNS = {
    "id": "dataset",
    "faces": "faces",
    "photos": "photos",
    "pinned_at": "golden since (UTC)",
    "created_at": "frozen (UTC)",
    "title": "title",
}
_FIELDS = _COLUMNS | {"content_sha256": "SHA-256", "trained_versions": "versions trained on it"}
_dataset = click.argument("dataset_id", metavar="DATASET", type=click.IntRange(1))


@click.group()
def dataset() -> None:
    """Frozen snapshots of labelled faces."""


@dataset.command("list")
@example("maskloop dataset list")
@click.option("--limit", type=click.IntRange(1), default=20, show_default=True, help="Most datasets to list.")
@connected()
def list_datasets(service: "Service", output: "Output", limit: int) -> None:
    """List datasets, newest first."""
    output.objects(service.first("/datasets", "datasets", limit), _COLUMNS, empty="There is no dataset.")


@dataset.command("show")
@example("maskloop dataset show 3")
@_dataset
@connected()
def show(service: "Service", output: "Output", dataset_id: int) -> None:
    """Show one DATASET: faces by split and label, versions, evaluations."""
    found = service.read(f"/datasets/{dataset_id}")
    output.one(found, _FIELDS)
    if not output.as_json and found["evaluations"]:
        output.objects(
            found["evaluations"], {"version_id": "version", "faces": "test faces", "macro_f1": "macro F1"}
        )


@dataset.command("freeze")
@example('maskloop dataset freeze --agreeing 2 --title "Winter" --wait')
@click.option("--agreeing", default=1, show_default=True, help="People who must agree on a label.")
@click.option("--smallest-face", default=0, show_default=True, help="Leave smaller faces out; pixels.")
@click.option("--golden", is_flag=True, help="Pin its test faces as the golden test set.")
@click.option("--title", default="", help="By default “Dataset”.")
@waiting
@connected()
def freeze(
    service: "Service",
    output: "Output",
    agreeing: int,
    smallest_face: int,
    golden: bool,
    title: str,
    wait: bool,
    quiet: bool,
) -> int:
    """Freeze the current labels into a dataset."""
    from web.commands.jobs import request_job

    chosen = {"agreeing": agreeing, "smallest_face": smallest_face}
    options = {"freeze": chosen, "golden": golden}
    return request_job(service, output, "freeze", options, title=title, wait=wait, quiet=quiet)


@dataset.command("faces")
@example("maskloop dataset faces 3 --split test --json")
@_dataset
@click.option("--split", type=click.Choice(["train", "validation", "test"]), help="Only this split.")
@click.option("--label", help="Only faces with this label.")
@connected()
def faces(
    service: "Service", output: "Output", dataset_id: int, split: str | None, label: str | None
) -> None:
    """Print the faces of DATASET with their labels and splits."""
    found = service.rows(f"/datasets/{dataset_id}/faces", "faces", split=split, label=label)
    output.objects(found, {"face_id": "face", "label": "label", "split": "split"}, empty="No such face.")


@dataset.command("compare")
@example("maskloop dataset compare 2 3")
@click.argument("before", type=click.IntRange(1))
@click.argument("after", type=click.IntRange(1))
@connected()
def compare(service: "Service", output: "Output", before: int, after: int) -> None:
    """Print how many faces were added, removed and changed from dataset BEFORE to AFTER."""
    found = service.read(f"/datasets/{before}/compare/{after}", limit=1)
    if output.as_json:
        output.json({"counts": found["counts"]})
        return
    output.pairs([(name.replace("_", " "), str(count)) for name, count in found["counts"].items()])


@dataset.command("pin")
@example("maskloop dataset pin 3")
@_dataset
@connected()
def pin(service: "Service", output: "Output", dataset_id: int) -> None:
    """Make the test faces of DATASET the golden test set, by which versions are promoted."""
    found = service.send("POST", f"/datasets/{dataset_id}/pin")
    output.said(found, f"Dataset {dataset_id}, {found['title']}, is the golden test set.")
