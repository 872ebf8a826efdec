"""Jobs of the client on the app: request, list, steer, wait, read results."""

from pathlib import Path

import httpx
import pytest
from sqlalchemy import func, select, update

from core.database import Database
from maskloop_client import ApiError, AsyncClient, Client, JobFailed, WaitTimeout
from maskloop_client.models import JobWithProgress
from models import Job, JobState
from tests.unit.web.finished_job import KINDS


def test_a_job_is_requested_steered_and_deleted(client: Client, photos: Path) -> None:
    job = client.predict(folder=str(photos), title="Street", smallest_face=40)
    assert (job.kind, job.state, job.title) == ("predict", "waiting", "Street")
    assert job.data.options["smallest_face"] == 40
    assert job.pause().state == "paused"
    assert client.jobs.get(job.id).state == "paused"
    assert job.resume().state == "waiting"
    assert job.cancel().state == "cancelled"
    assert job.continue_().state == "waiting"
    assert job.cancel().events()[0].code == "job_cancelled"
    again = job.again()
    assert (again.id, again.state) == (job.id + 1, "waiting")
    job.delete()
    with pytest.raises(ApiError) as gone:
        job.refresh()
    assert (gone.value.status, gone.value.code) == (410, "job_deleted")


def test_errors_have_the_stable_code(client: Client, photos: Path) -> None:
    with pytest.raises(ApiError) as missing:
        client.jobs.get(99)
    assert (missing.value.status, missing.value.code) == (404, "job_not_found")
    assert missing.value.detail == "There is no job 99."
    with pytest.raises(ApiError) as unknown:
        client.predict(folder=str(photos), smalest_face=40)
    assert unknown.value.code == "option_unknown"


def test_any_address_of_the_api_can_be_called(client: Client, job_id: int) -> None:
    answer = client.request("GET", "/jobs", query={"kind": "predict", "state": None})
    assert [job["id"] for job in answer.json()["jobs"]] == [job_id]
    with pytest.raises(ApiError) as unknown:
        client.request("POST", "/jobs", body={})
    assert unknown.value.code == "request_invalid"


def test_without_a_token_the_service_says_so(transport: httpx.WSGITransport) -> None:
    with pytest.raises(ApiError) as refused:
        Client(transport=transport).jobs.get(1)
    assert (refused.value.status, refused.value.code) == (401, "token_missing")


def test_jobs_are_listed_over_pages(client: Client, photos: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = [client.predict(folder=str(photos), title=f"Job {number}").id for number in range(5)]
    client.jobs.get(made[0]).cancel()
    assert [job.id for job in client.jobs.list(page_size=2)] == made[::-1]
    assert [job.id for job in client.jobs.list(state="cancelled")] == made[:1]
    assert [job.id for job in client.jobs.list(kind="crawl")] == []
    assert [job.id for job in client.jobs.list(words="Job 3")] == [made[3]]


def test_photos_and_faces_are_read_to_the_end(client: Client, job_id: int) -> None:
    job = client.jobs.get(job_id)
    found = [photo for page in job.photos(page_size=5).pages() for photo in page]
    assert [photo.position for photo in found] == list(range(12))
    assert found[5].error_code == "photo_truncated" and found[5].faces == []
    faces = job.faces().to_list()
    assert len(faces) == 12 - 2 * sum(isinstance(kind, str) for kind in KINDS)
    assert (faces[1].name, faces[1].final) == ("day/photo-0001.jpg", "without_mask")
    assert faces[1].probabilities is not None and faces[1].probabilities["without_mask"] == 0.9


def test_faces_become_a_table(client: Client, job_id: int) -> None:
    table = client.jobs.get(job_id).faces().to_pandas()
    assert len(table) == 8
    assert dict(table["final"].value_counts()) == {
        "with_mask": 2, "without_mask": 2, "incorrect": 2, "indeterminate": 2
    }  # fmt: skip
    assert table["probabilities_incorrect"].max() == 0.75


def test_a_list_without_rows_is_a_table_with_columns(client: Client, photos: Path) -> None:
    table = client.predict(folder=str(photos)).faces().to_pandas()
    assert len(table) == 0 and {"face_id", "name", "final"} <= set(table.columns)


def test_waiting_ends_with_the_job(client: Client, photos: Path, database: Database) -> None:
    job = client.predict(folder=str(photos))
    seen: list[JobWithProgress] = []

    def end_it(data: JobWithProgress) -> None:
        seen.append(data)
        with database.write() as rows:
            rows.execute(update(Job).values(state=JobState.DONE))

    assert job.wait(progress=end_it, interval=0.01).state == "done"
    assert [data.state for data in seen] == ["waiting", "done"]
    assert seen[0].progress.fraction is None


def test_a_job_that_does_not_end_well_is_an_error(client: Client, photos: Path) -> None:
    job = client.predict(folder=str(photos))
    with pytest.raises(WaitTimeout, match="goes on"):
        job.wait(timeout=0.02, interval=0.01)
    job.cancel()
    with pytest.raises(JobFailed) as failed:
        job.wait()
    assert (failed.value.code, failed.value.job.id) == ("job_cancelled", job.id)
    assert job.wait(check=False).state == "cancelled"


def test_a_lost_answer_starts_no_second_job(
    transport: httpx.WSGITransport, token: str, photos: Path, database: Database, pauses: list[float]
) -> None:
    lost: list[httpx.Request] = []

    def lose_the_first(request: httpx.Request) -> httpx.Response:
        answer = transport.handle_request(request)
        answer.read()
        if not lost:
            lost.append(request)
            raise httpx.ReadError("cut off")
        return answer

    client = Client(token=token, transport=httpx.MockTransport(lose_the_first))
    job = client.predict(folder=str(photos))
    again = job.again(key="once")
    assert job.again(key="once").id == again.id
    with database.read() as rows:
        assert rows.scalars(select(func.count()).select_from(Job)).one() == 2
    assert len(pauses) == 1


def test_tokens_are_made_and_revoked(client: Client, transport: httpx.WSGITransport) -> None:
    made = client.tokens.create("nightly", ["read"], days=7)
    reader = Client(token=made.secret, transport=transport)
    assert list(reader.jobs.list()) == []
    assert [token.name for token in client.tokens.list()] == ["nightly", "client"]
    client.tokens.revoke(made.id)
    with pytest.raises(ApiError) as refused:
        list(reader.jobs.list())
    assert refused.value.code == "token_refused"


@pytest.mark.anyio
async def test_the_asynchronous_client_does_the_same(
    async_client: AsyncClient, photos: Path, job_id: int
) -> None:
    async with async_client as client:
        job = await client.predict(folder=str(photos))
        assert (await job.cancel()).state == "cancelled"
        with pytest.raises(JobFailed):
            await job.wait()
        assert [each.id async for each in client.jobs.list()] == [job.id, job_id]
        done = await client.jobs.get(job_id)
        assert len(await done.faces().to_pandas()) == 8
