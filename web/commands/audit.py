"""`maskloop audit`: draws an audit sample of a job and prints its corrected shares."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from core.errors import InputError
from core.number_text import plural, share
from web.commands.declaring import connected, example
from web.commands.exit_status import REFUSED, ServiceError
from web.commands.output import NONE

if TYPE_CHECKING:
    from web.commands.connection import Answer, Service
    from web.commands.output import Output

_LABELS = {"with_mask": "with mask", "without_mask": "without mask", "incorrect": "incorrect"}


@dataclass(frozen=True, kw_only=True)
class _Plan:
    """What more audited faces are expected to give."""

    faces: int
    half_width: float
    missing: int
    seconds: float | None


@click.command("audit")
@example("maskloop audit 7 --faces 120")
@click.argument("job", type=int)
@click.option("--faces", default=0, help="Draw this many more faces at random.")
@click.option("--photos", default=0, help="Draw this many more photos, in which people box every face.")
@click.option("--second", default=0, show_default=True, help="Per cent of the faces that two people decide.")
@click.option("--seed", type=int, help="Of the random order of a new sample; by default a random one.")
@click.option("--new", is_flag=True, help="Draw a new sample, although the job has one.")
@click.option(
    "--target", metavar="LABEL=PERCENT", help='Such as with_mask=95, for "at least 95%"; "none" removes it.'
)
@connected()
def audit(
    service: "Service",
    output: "Output",
    job: int,
    faces: int,
    photos: int,
    second: int,
    seed: int | None,
    new: bool,
    target: str | None,
) -> None:
    """Print the shares of JOB, corrected by an audit of random faces, with 95% intervals.

    With --faces or --photos it draws them first; people then decide the faces in the review queue.
    """
    _set_target(service, job, target)
    if faces or photos or new:
        wanted = {"faces": faces, "photos": photos, "second_percent": second, "seed": seed, "again": new}
        _draw(service, output, job, "", wanted)
    found = service.read(f"/jobs/{job}/estimates")
    if found["uncounted"]:
        try:
            _draw(service, output, job, "/count", None)
        except ServiceError as error:
            # Whoever may only read sees the shares as they were counted.
            if error.exit_status != REFUSED:
                raise
            output.note("Photos were removed since the faces were counted.")
        found = service.read(f"/jobs/{job}/estimates")
    if output.as_json:
        output.json(found)
    else:
        _print(service.read(f"/jobs/{job}"), found)


def _set_target(service: "Service", job_id: int, target: str | None) -> None:
    """Set or remove the target; raises InputError target_invalid."""
    if target == "none":
        service.send("DELETE", f"/jobs/{job_id}/target")
    elif target is not None:
        label, _, percent = target.partition("=")
        try:
            at_least = float(percent.rstrip("%").replace(",", ".")) / 100
        except ValueError as error:
            raise InputError("target_invalid", "A target is LABEL=PERCENT, such as with_mask=95.") from error
        service.send("PUT", f"/jobs/{job_id}/target", {"label": label, "at_least": at_least})


def _draw(service: "Service", output: "Output", job_id: int, below: str, body: "Answer | None") -> None:
    """Have faces drawn or counted, and wait for it; without a running service it is done here."""
    from web.commands.following import end, follow

    sample = service.create(f"/jobs/{job_id}/audit{below}", body)
    end(service, follow(service, sample["draw_job_id"], output, quiet=True), output)


def _print(job: "Answer", found: "Answer") -> None:
    from rich.console import Console

    console = Console(highlight=False, soft_wrap=True)
    if found["shares"] is not None:
        console.print(_table(job, found))
    elif found["outdated"]:
        console.print("The job has read photos since the sample was drawn. Draw a new one with --new.")
    else:
        console.print(f"Job {job['id']} has no audit sample. Draw one with --faces.")
    for line in _lines(found):
        console.print(line, markup=False)


def _table(job: "Answer", found: "Answer") -> Any:
    from rich.markup import escape
    from rich.table import Table

    faces = max(one["faces"] for one in found["shares"].values())
    audited = plural(found["audited"], "audited face")
    title = f"{escape(job['title'])}: {audited} of {plural(faces, 'found face')}"
    table = Table("", "raw share", "corrected share", "95% interval", title=title)
    for label, one in found["shares"].items():
        raw = NONE if one["raw"] is None else share(one["raw"], 1)
        if one["low"] is None or one["corrected"] is None:
            table.add_row(_LABELS[label], raw, NONE, one["problem"] or NONE)
        else:
            ends = f"{share(one['low'], 1)} to {share(one['high'], 1)}"
            table.add_row(_LABELS[label], raw, share(one["corrected"], 1), ends)
    return table


def _lines(found: "Answer") -> Iterator[str]:
    from web.audit.words import promise, target_words, until_done

    yield from found["notes"]
    sample, target = found["sample"], found["target"]
    if found["waiting"] and sample["queue_id"] is not None:
        left = plural(found["waiting"], "face is", "faces are")
        rest = f": {until_done(_Plan(**found['rest']))}" if found["rest"] else ""
        yield f"{left} left in review queue {sample['queue_id']}{rest}."
    if target is not None:
        state, more = target["state"] or "undecided", target["faces_left"]
        decides = f"; {plural(more, 'more audited face')} would decide it" if more else ""
        yield f"{target_words(target['label'], target['at_least'])}: {state}{decides}."
    for name, rate in (("Missed", found["missed"]), ("Invented", found["invented"])):
        if rate is not None:
            yield f"{name} faces in {plural(rate['photos'], 'checked photo')}: {_rate_words(rate)}."
    for plan in found["plans"]:
        yield f"{promise(_Plan(**plan), more=sample is not None)}."


def _rate_words(rate: Mapping[str, Any]) -> str:
    if rate["value"] is None:
        return NONE
    if rate["low"] is None or rate["high"] is None:
        return f"{share(rate['value'], 1)} ({rate['problem']})"
    return f"{share(rate['value'], 1)} ({share(rate['low'], 1)} to {share(rate['high'], 1)})"
