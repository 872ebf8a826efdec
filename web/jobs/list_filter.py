"""The filters of the list of jobs in its address."""

from flask import request

from core.jobs.kinds import get_kind
from core.jobs.queries import JobFilter, JobSort
from models import JobState
from web.numbers import query_number
from web.pages import chosen

_LONGEST_SEARCH = 200


def read_filter() -> JobFilter:
    """The filter of the request; InputError option_invalid or job_kind_unknown."""
    kind = request.args.get("kind", "")
    return JobFilter(
        kind=get_kind(kind).name if kind else None,
        state=chosen(JobState, "state"),
        account_id=query_number("person"),
        words=request.args.get("q", "").strip()[:_LONGEST_SEARCH],
        helpers=bool(request.args.get("helpers")),
        sort=chosen(JobSort, "sort") or JobSort.NEWEST,
    )


def query_of(filters: JobFilter) -> dict[str, str | int]:
    """The filter as query arguments, without its defaults."""
    given = {
        "kind": filters.kind,
        "state": filters.state and filters.state.value,
        "person": filters.account_id,
        "q": filters.words,
        "helpers": int(filters.helpers),
        "sort": filters.sort.value if filters.sort is not JobSort.NEWEST else None,
    }
    return {name: value for name, value in given.items() if value}
