"""How a service elsewhere stands: `maskloop system` and `maskloop health` with `--url`, or as JSON."""

from collections.abc import Iterator

from core.number_text import decimal, plural, size
from web.commands.connection import Answer, open_service
from web.commands.exit_status import DONE, INCOMPLETE
from web.commands.output import NONE, Output, text_of

_SURENESS = {"exact": "", "estimated": "about ", "at least": "at least "}


def show_system(url: str | None, output: Output) -> int:
    """Print what the System page shows; 1 if a part could not be read."""
    with open_service(url) as service:
        found = service.read("/system")
    if output.as_json:
        output.json(found)
    else:
        output.pairs([(name, value) for name, value in _lines(found) if value != NONE])
    return INCOMPLETE if found["problems"] else DONE


def show_health(url: str | None, output: Output) -> int:
    """Print every check; 1 if something needed is wrong."""
    with open_service(url) as service:
        found = service.read("/system/health")
    if output.as_json:
        output.json(found)
    else:
        for name, check in found["checks"].items():
            print(f"{'ok ' if check['ok'] else 'BAD'} {name}: {text_of(check['sentence'])}")
    return DONE if found["ok"] else INCOMPLETE


def _lines(found: Answer) -> Iterator[tuple[str, str]]:
    """Names and values, as for a person; a part that does not answer is left to `problems`."""
    yield from ((name, text_of(found[name])) for name in ("version", "python", "machine"))
    if work := found["work"]:
        yield from _work(work)
    if disk := found["disk"]:
        low = ", less than the reserve" if disk["is_low"] else ""
        yield "disk", f"{size(disk['free'])} free of {size(disk['total'])}{low}"
        yield "reserve", size(disk["reserve"])
        for usage in disk["usages"]:
            yield usage["words"], f"{_SURENESS[usage['sureness']]}{size(usage['bytes'])}"
    if database := found["database"]:
        yield "database", f"{database['kind']}, {database['address']}, {size(database['bytes'])}"
        yield "schema", text_of(database["schema_version"])
    yield "broker", text_of(found["broker"])
    yield "champion", text_of(found["champion_id"])
    yield "key of evidence packs", text_of(found["evidence_key"])
    yield from (
        (f"problem: {name.replace('_', ' ')}", text_of(why)) for name, why in found["problems"].items()
    )
    yield from ((each["name"], text_of(each["value"])) for each in found["settings"])


def _work(work: Answer) -> Iterator[tuple[str, str]]:
    waiting = work["waiting"]
    yield "waiting", f"{plural(waiting['batches'], 'batch', 'batches')} of {plural(waiting['jobs'], 'job')}"
    yield "oldest waiting since (UTC)", text_of(waiting["oldest"])
    yield "last claim (UTC)", text_of(waiting["last_claim"])
    for held in work["batches"]:
        ended = "" if held["is_live"] else ", the lease has run out"
        yield f"job {held['job_id']}", f"{held['activity']} by {text_of(held['worker'])}{ended}"
    for process in work["processes"]:
        alive = "" if process["is_alive"] else ", gone"
        seen = f"{decimal(process['seconds_ago'])} s ago"
        yield process["part"], f"process {process['pid']} of {text_of(process['host'])}, seen {seen}{alive}"
