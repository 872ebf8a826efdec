"""Photos and faces of jobs."""

from core.jobs.queries import get_job
from core.results.reports.queries import read_photo_rows
from models import Scope
from web.api_v1.document import api_v1, operation
from web.api_v1.paging import cursor_of, read_cursor
from web.api_v1.schemas.base import ListQuery
from web.api_v1.schemas.results import ResultList, ResultPhoto
from web.extension import database


@api_v1.get("/jobs/<int:job_id>/photos")
@operation(Scope.READ, answer=ResultList, tag="results", errors=(410,))
def list_photos(job_id: int, query: ListQuery) -> ResultList:
    """The files of a job with their faces, in listing order; every page costs the same."""
    after = read_cursor(query.after)
    with database().read() as rows:
        job = get_job(rows, job_id)
        found = read_photo_rows(rows, job, after=-1 if after is None else after, limit=query.limit + 1)
    shown = found[: query.limit]
    return ResultList(
        photos=[ResultPhoto.of(row) for row in shown],
        next=cursor_of(shown[-1].position) if len(found) > query.limit else None,
    )
