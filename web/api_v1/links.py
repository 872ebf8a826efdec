"""Links by which people without a token download a report file until a date."""

from core.jobs.queries import get_job
from core.results.reports.links import add_link, list_links, revoke_link
from models import Scope
from web.api_v1.access import caller
from web.api_v1.document import Answered, api_v1, operation
from web.api_v1.schemas.links import Link, LinkList, LinkRequest
from web.extension import database
from web.jobs.links import address_of


@api_v1.get("/jobs/<int:job_id>/links")
@operation(Scope.READ, answer=LinkList, tag="reports", errors=(410,))
def list_job_links(job_id: int) -> LinkList:
    """The links to report files of a job that still work, newest first."""
    with database().read() as rows:
        get_job(rows, job_id)
        return LinkList(links=[Link.of(each, address_of(each)) for each in list_links(rows, job_id)])


@api_v1.post("/jobs/<int:job_id>/links")
@operation(Scope.SUBMIT, answer=Link, status=201, tag="reports", errors=(410,))
def create_link(job_id: int, json: LinkRequest) -> Answered:
    """Make a link to a report file, or to the zip of an export: whoever has it downloads without a token."""
    with database().write() as rows:
        get_job(rows, job_id)
        found = add_link(
            rows,
            job_id,
            json.name.value,
            number=json.number,
            days=json.days,
            account_id=caller().account.id,
        )
        return Link.of(found, address_of(found)), 201


@api_v1.delete("/jobs/<int:job_id>/links/<int:link_id>")
@operation(Scope.SUBMIT, status=204, tag="reports")
def end_link(job_id: int, link_id: int) -> Answered:
    """Revoke a link for good."""
    with database().write() as rows:
        revoke_link(rows, job_id, link_id)
    return "", 204
