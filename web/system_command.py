"""`maskloop system`: prints what the System page shows."""

import socket
from collections.abc import Iterable, Sequence

from rich.console import Console
from rich.table import Table

from core.database import Database
from core.number_text import number, plural, size
from core.settings import Settings
from core.system.disk import Disk, Sureness
from core.system.health import check_parts
from core.system.queries import ClaimInForce, DatabaseState, check_moves, list_beats
from models import ServicePart
from web.commands.output import Output
from web.formatting import day_and_time
from web.system.health import read_service_health
from web.system.report import Part, SystemReport, Work, read_report

_SURENESS = {Sureness.EXACT: "", Sureness.ESTIMATED: "about ", Sureness.AT_LEAST: "at least "}
Rows = Iterable[tuple[str, str]]


def print_system(settings: Settings) -> int:
    """Print every part; 1 if one of them could not be read."""
    database = Database(settings.sql_url)
    report = read_report(database, settings)
    console = Console(highlight=False, soft_wrap=True)
    for title, rows in _parts(report):
        console.print(_table(title, rows))
    if report.work.value is not None and report.work.value.claims:
        console.print(_claims(report.work.value.claims))
    return int(any(part.problem for part in _all(report)))


def _all(report: SystemReport) -> Sequence[Part[object]]:
    parts = (report.work, report.disk, report.database, report.broker, report.champion, report.evidence_key)
    return [Part(value=part.value, problem=part.problem) for part in parts]


def _parts(report: SystemReport) -> Iterable[tuple[str, Rows]]:
    yield "Maskloop", [("version", report.version), ("Python", report.python), ("machine", report.machine)]
    work, disk, state = report.work, report.disk, report.database
    yield "Workers and queue", _work(work.value) if work.value else [("problem", work.problem)]
    yield "Disk", _disk(disk.value) if disk.value else [("problem", disk.problem)]
    yield "Database", _database(state.value) if state.value else [("problem", state.problem)]
    yield (
        "Broker",
        [(report.broker.value, "reachable") if report.broker.value else ("problem", report.broker.problem)],
    )
    champion = report.champion
    yield (
        "Champion",
        [(champion.value.name, champion.value.sha256) if champion.value else ("problem", champion.problem)],
    )
    key = report.evidence_key
    yield (
        "Key of evidence packs",
        [("fingerprint", key.value.fingerprint)] if key.value else [("problem", key.problem)],
    )
    yield "Settings in force", [(each.name, each.value) for each in report.settings]


def _work(work: Work) -> Rows:
    queue = work.queue
    yield "health", work.health.sentence
    yield "waiting", f"{plural(queue.batches, 'batch', 'batches')} of {plural(queue.jobs, 'job')}"
    yield "oldest waiting since", day_and_time(queue.oldest) if queue.oldest else "–"
    yield "last claim", day_and_time(queue.last_claim) if queue.last_claim else "–"
    yield "in work", plural(len(work.claims), "batch", "batches")
    for name, check in check_parts(work.beats).items():
        yield name, check.sentence


def _disk(disk: Disk) -> Rows:
    yield "free", f"{size(disk.free)} of {size(disk.total)}{', less than the reserve' if disk.is_low else ''}"
    yield "reserve", size(disk.reserve)
    for usage in disk.usages:
        yield usage.words.lower(), f"{_SURENESS[usage.sureness]}{size(usage.bytes)}"


def _database(state: DatabaseState) -> Rows:
    yield "kind", state.kind
    yield "address", state.address
    yield "schema version", state.schema_version or "unknown"
    yield "size", size(state.bytes)


def _table(title: str, rows: Rows) -> Table:
    table = Table(title=title, title_justify="left", show_header=False, box=None, pad_edge=False)
    for name, value in rows:
        table.add_row(name, value)
    return table


def _claims(claims: Sequence[ClaimInForce]) -> Table:
    table = Table("worker", "does", "job", "since", "photos", "attempt", box=None, pad_edge=False)
    for claim in claims:
        worker = claim.worker if claim.is_live else f"{claim.worker} (lease ended)"
        photos = "–" if claim.photos is None else number(claim.photos)
        job = f"{claim.job_id}: {claim.job_title}"
        table.add_row(
            worker, claim.activity, job, day_and_time(claim.claimed_at), photos, str(claim.attempts)
        )
    return table


def print_health(settings: Settings, part: str | None, output: Output) -> int:
    """Print the check of this host's part, or every check; 1 if something needed is wrong."""
    database = Database(settings.sql_url)
    if part is None:
        health = read_service_health(database, settings)
        for name, check in health.checks.items():
            print(f"{'ok ' if check.ok else 'BAD'} {name}: {check.sentence}")
        return int(not health.ok)
    with database.read() as rows:
        here = [beat for beat in list_beats(rows) if beat.host == socket.gethostname()]
        moves = check_moves(rows, settings, ServicePart(part))
    alive = any(beat.is_alive and beat.part.value == part for beat in here)
    sentence = check_parts(here)[part].sentence if moves.ok or not alive else moves.sentence
    output.said({"part": part, "ok": alive and moves.ok, "sentence": sentence}, sentence)
    return int(not (alive and moves.ok))
