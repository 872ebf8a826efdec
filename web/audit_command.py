"""`maskloop audit`: draws an audit sample of a job and prints its corrected shares."""

import json
import logging
import time
from dataclasses import dataclass
from typing import Any

from rich.console import Console
from rich.table import Table

from core.accounts import ensure_owner
from core.audit.job_kind import request_audit, request_count
from core.audit.options import AuditRequest
from core.audit.overview import Overview, read_overview
from core.audit.queries import find_sample, has_shrunk
from core.audit.store import drop_target, save_target
from core.database import Database
from core.errors import InputError, PermanentError
from core.estimates.photo_audit import Rate
from core.estimates.shares import PEOPLE, Estimate, Share
from core.jobs.queries import get_job
from core.jobs.stages import UNFINISHED
from core.logs import set_up_logs
from core.number_text import number, plural, share
from core.settings import Settings
from models import Job, JobState, Label
from web.audit.words import promise, target_words, until_done
from web.serve_command import require_database

_POLL_SECONDS = 0.1


@dataclass(frozen=True, kw_only=True)
class AuditCommand:
    """The arguments of the command."""

    job_id: int
    #: What to draw; None to draw nothing.
    wanted: AuditRequest | None
    #: "with_mask=95" sets a target, "none" removes it; None leaves it.
    target: str | None
    as_json: bool


def audit_job(settings: Settings, command: AuditCommand) -> int:
    """Draw what is wanted, then print the audit as it stands; returns 0."""
    require_database(settings)
    set_up_logs(settings, level=logging.ERROR)
    db = Database(settings.sql_url)
    with db.write() as session:
        job, account_id = get_job(session, command.job_id), ensure_owner(session).id
        _save_target(session, job, command.target)
        draw_job_id = None
        sample = find_sample(session, job)
        if command.wanted is not None:
            draw_job_id = request_audit(session, job.id, command.wanted, account_id=account_id).draw_job_id
        elif sample is not None and has_shrunk(sample, job):
            request_count(session, sample, account_id=account_id)
            draw_job_id = sample.draw_job_id
    if draw_job_id is not None:
        _work(db, settings, draw_job_id)
    with db.read() as session:
        job = get_job(session, command.job_id)
        overview = read_overview(session, job, account_id=account_id)
    db.dispose()
    if command.as_json:
        print(json.dumps(facts(job, overview), indent=2))
    else:
        _print(job, overview)
    return 0


def _save_target(session: Any, job: Job, target: str | None) -> None:
    if target == "none":
        drop_target(session, job.id)
    elif target is not None:
        label, _, percent = target.partition("=")
        try:
            save_target(session, job.id, Label(label), float(percent.rstrip("%").replace(",", ".")) / 100)
        except ValueError as error:
            raise InputError("target_invalid", "A target is LABEL=PERCENT, such as with_mask=95.") from error


def _work(db: Database, settings: Settings, job_id: int) -> None:
    """Draw in this process, unless a worker of the service does; PermanentError where it fails."""
    from workers.engine import run_batches
    from workers.handlers import HANDLERS

    while True:
        run_batches(db, settings, HANDLERS, job_id=job_id)
        with db.read() as session:
            job = session.get_one(Job, job_id)
        if job.state is JobState.DONE:
            return
        if job.state not in UNFINISHED:
            raise PermanentError(job.error_code or "job_failed", job.error_message or "The draw failed.")
        time.sleep(_POLL_SECONDS)


def facts(job: Job, overview: Overview) -> dict[str, Any]:
    """The audit as JSON; shares are 0 to 1."""
    sample, target, wanted = overview.sample, overview.target, overview.wanted
    return {
        "job": job.id,
        "title": job.title,
        "sample": sample
        and {
            "id": sample.id,
            "seed": sample.seed,
            "queue": sample.queue_id,
            "drawn": len(overview.audit.faces),
            "audited": len(overview.audit.audited),
            "left": overview.audit.left,
            "conflicts": overview.audit.conflicts,
            "cannot_tell": overview.audit.cannot_tell,
            "outdated": overview.outdated,
            "left_out": sample.left_out,
        },
        "faces": overview.evidence.faces,
        "shares": _estimate_facts(overview.estimate),
        "target": wanted
        and {
            "label": wanted.label.value,
            "at_least": wanted.at_least,
            "state": target.state.value if target else None,
            "more_faces": target.plan.more if target and target.plan else None,
        },
        "plans": [
            {"faces": plan.faces, "half_width": plan.half_width, "seconds": plan.seconds}
            for plan in overview.plans
        ],
        "photos": overview.photos
        and {
            "drawn": overview.photos.drawn,
            "boxed": overview.photos.checked,
            "missed": _rate_facts(overview.finder.missed) if overview.finder else None,
            "invented": _rate_facts(overview.finder.invented) if overview.finder else None,
            "shares_with_missed": _estimate_facts(overview.all_people),
        },
        "notes": overview.notes,
    }


def _estimate_facts(estimate: Estimate | None) -> dict[str, Any] | None:
    if estimate is None:
        return None
    return {label.value: _share_facts(estimate.of(label)) for label in PEOPLE}


def _share_facts(one: Share) -> dict[str, Any]:
    names = ("raw", "corrected", "low", "high", "faces", "audited", "problem")
    return {name: getattr(one, name) for name in names}


def _rate_facts(rate: Rate) -> dict[str, Any]:
    return {name: getattr(rate, name) for name in ("value", "low", "high", "photos", "problem")}


def _print(job: Job, overview: Overview) -> None:
    console = Console(highlight=False, soft_wrap=True)
    if overview.estimate is not None:
        console.print(_table(job, overview))
    elif overview.outdated:
        console.print("The job has read photos since the sample was drawn. Draw a new one with --new.")
    else:
        console.print(f"Job {job.id} has no audit sample. Draw one with --faces.")
    for line in _lines(overview):
        console.print(line, markup=False)


def _table(job: Job, overview: Overview) -> Table:
    audited = plural(len(overview.audit.audited), "audited face")
    title = f"{job.title}: {audited} of {plural(overview.evidence.faces, 'found face')}"
    table = Table("", "raw share", "corrected share", "95% interval", title=title)
    for label in PEOPLE:
        one = overview.estimate.of(label) if overview.estimate else None
        if one is None:
            continue
        interval = one.problem or "–"
        if one.low is not None and one.high is not None:
            interval = f"{share(one.low, 1)} to {share(one.high, 1)}"
        shown = [share(value, 1) if value is not None else "–" for value in (one.raw, one.corrected)]
        table.add_row(label.words, shown[0], shown[1] if one.low is not None else "–", interval)
    return table


def _lines(overview: Overview) -> list[str]:
    lines = list(overview.notes)
    if overview.audit.left and overview.queue is not None:
        left = plural(overview.audit.left, "face is", "faces are")
        rest = f": {until_done(overview.rest)}" if overview.rest else ""
        lines.append(f"{left} left in review queue {overview.queue.id}{rest}.")
    if overview.wanted is not None:
        state = overview.target.state.value if overview.target else "undecided"
        plan = overview.target.plan if overview.target else None
        more = f"; {plural(plan.more, 'more audited face')} would decide it" if plan else ""
        lines.append(f"{target_words(overview.wanted.label, overview.wanted.at_least)}: {state}{more}.")
    if overview.photos is not None:
        lines.append(f"{number(overview.photos.checked)} of {plural(overview.photos.drawn, 'photo')} boxed.")
        if overview.finder is not None:
            lines += [
                f"{name} faces: {_rate_words(rate)}."
                for name, rate in (("Missed", overview.finder.missed), ("Invented", overview.finder.invented))
            ]
    return [*lines, *(f"{promise(plan)}." for plan in overview.plans)]


def _rate_words(rate: Rate) -> str:
    if rate.value is None:
        return "–"
    if rate.low is None or rate.high is None:
        return f"{share(rate.value, 1)} ({rate.problem})"
    return f"{share(rate.value, 1)} ({share(rate.low, 1)} to {share(rate.high, 1)})"
