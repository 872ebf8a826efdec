"""What the shell completes: numbers of jobs, kinds and their options; nothing where that would take long."""

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import click
from click.shell_completion import CompletionItem

_MOST = 30
#: A shell waits for the answer.
_SECONDS = 2.0


def complete_job(context: click.Context, _parameter: click.Parameter, begun: str) -> list[CompletionItem]:
    """The newest jobs, with their titles."""
    items: list[CompletionItem] = []
    # Whatever is wrong is said by the command itself, not between two keys.
    with suppress(Exception):
        items = [
            CompletionItem(number, help=title)
            for number, title in _jobs(context.params.get("url"))
            if number.startswith(begun)
        ]
    return items


def _jobs(url: str | None) -> Iterator[tuple[str, str]]:
    if url:
        from maskloop_client import Client, Retries
        from web.commands.stored_token import find_token

        with Client(url, find_token(url), timeout=_SECONDS, retries=Retries(attempts=1)) as client:
            answer = client.request("GET", "/jobs", query={"limit": _MOST}).json()
        yield from ((str(job["id"]), job["title"]) for job in answer["jobs"])
        return
    from sqlalchemy import text

    from core.database import Database
    from core.settings import Settings

    database = Database(Settings.from_env().sql_url)
    # Without the API, whose import alone takes a second.
    if database.path is None or database.path.exists():
        query = text("SELECT id, title FROM job WHERE deleted_at IS NULL ORDER BY id DESC LIMIT :most")
        with database.read() as rows:
            yield from ((str(number), title) for number, title in rows.execute(query, {"most": _MOST}))


def complete_kind(_context: click.Context, _parameter: click.Parameter, begun: str) -> list[CompletionItem]:
    """Kinds of jobs."""
    from core.job_kinds import JOB_KINDS

    found = (kind for kind in JOB_KINDS if kind.runs_again and kind.name.startswith(begun))
    return [CompletionItem(kind.name, help=kind.title) for kind in found]


def complete_option(context: click.Context, _parameter: click.Parameter, begun: str) -> list[CompletionItem]:
    """Options of the kind that was given before."""
    from core.job_kinds import JOB_KINDS

    # While its value is missing, click has not yet told the arguments from each other.
    given: Any = context.params.get("kind") or next(iter(context.args), None)
    kind = next((kind for kind in JOB_KINDS if kind.name == given), None)
    if kind is None:
        return []
    return [
        CompletionItem(f"{name}=", help=field.description)
        for name, field in kind.options.model_fields.items()
        if name.startswith(begun)
    ]
