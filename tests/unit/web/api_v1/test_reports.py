"""Reports and exports for programs: list, write again, download in ranges."""

import io
import zipfile
from pathlib import Path

import pytest
from flask import Flask

from core.database import Database, read_clock
from core.library.pictures.anonymise import Anonymise
from models import JobState, Photo, Report, ReportFormat, ReportState, Scope
from tests.unit.web.api_v1.calling import Call, caller, code_of, new_token
from tests.unit.web.finished_job import add_finished_job
from workers.engine import run_batches
from workers.handlers import HANDLERS

_DATA = bytes(range(256)) * 100


@pytest.fixture
def job_id(app: Flask, database: Database, photos: Path) -> int:
    """A job whose faces.csv was written twice, and whose third writing waits."""
    job_id = add_finished_job(database, photos)
    folder = app.extensions["maskloop"].settings.data / "reports" / str(job_id)
    folder.mkdir(parents=True)
    with database.write() as rows:
        for number, state in ((1, ReportState.READY), (2, ReportState.READY), (3, ReportState.WAITING)):
            (folder / f"{number}.csv").write_bytes(_DATA * number)
            rows.add(
                Report(
                    job_id=job_id, format=ReportFormat.FACES_CSV, number=number, state=state, rows=3,
                    created_at=read_clock(rows), path=f"{job_id}/{number}.csv", bytes=len(_DATA) * number,
                    sha256=f"{number:02}" * 32,
                )
            )  # fmt: skip
    return job_id


def test_reports_are_listed_with_their_addresses(call: Call, job_id: int) -> None:
    found = call("GET", f"/jobs/{job_id}/reports").get_json()["reports"]
    assert [(each["number"], each["name"], each["state"]) for each in found] == [
        (1, "faces.csv", "ready"),
        (2, "faces.csv", "ready"),
        (3, "faces.csv", "waiting"),
    ]
    assert found[2]["address"] is None
    with call("GET", found[0]["address"].removeprefix("/api/v1")) as answer:
        assert answer.data == _DATA
    assert code_of(call("GET", "/jobs/99/reports")) == "job_not_found"


def test_a_report_is_downloaded_in_ranges(call: Call, job_id: int) -> None:
    address = f"/jobs/{job_id}/reports/latest/faces.csv"
    with call("GET", address) as answer:
        assert (answer.data, answer.headers["ETag"]) == (_DATA * 2, f'"{"02" * 32}"')
        assert answer.mimetype == "text/csv"
    headers = {"Range": "bytes=10-19", "If-Range": answer.headers["ETag"]}
    with call("GET", address, headers=headers) as answer:
        assert (answer.status_code, answer.data) == (206, _DATA[10:20])
        assert answer.headers["Content-Range"] == f"bytes 10-19/{len(_DATA) * 2}"
    with call("GET", address, headers={"If-None-Match": f'"{"02" * 32}"'}) as answer:
        assert answer.status_code == 304
    beyond = call("GET", address, headers={"Range": "bytes=999999-"})
    assert (beyond.status_code, code_of(beyond)) == (416, "range_invalid")
    with call("HEAD", address) as answer:
        assert answer.headers["Content-Length"] == str(len(_DATA) * 2)


@pytest.mark.parametrize(
    "place", ["3/faces.csv", "0/faces.csv", "9/faces.csv", "-1/faces.csv", "x/faces.csv", "latest/x.csv"]
)
def test_a_report_that_does_not_exist_is_not_found(call: Call, job_id: int, place: str) -> None:
    answer = call("GET", f"/jobs/{job_id}/reports/{place}")
    assert (answer.status_code, code_of(answer)) == (404, "report_not_found")


def test_reports_are_written_again(app: Flask, call: Call, database: Database, job_id: int) -> None:
    others = call("POST", f"/jobs/{job_id}/reports", json={"files": ["export.zip"]})
    assert (others.status_code, code_of(others)) == (404, "report_not_found"), "an export's own file"
    body = {"files": ["faces.csv", "annotated.zip"], "names": True, "faces": "eyes"}
    answer = call("POST", f"/jobs/{job_id}/reports", json=body)
    assert answer.status_code == 202
    assert answer.headers["Location"] == f"/api/v1/jobs/{job_id}"
    found = answer.get_json()
    assert found["job"]["state"] == JobState.RUNNING
    assert [each["name"] for each in found["reports"]] == ["faces.csv", "annotated.zip"]
    assert {each["number"] for each in found["reports"]} == {3}, "in place of the waiting one"
    assert all(each["names"] and each["faces"] == Anonymise.EYES for each in found["reports"])
    again = call("POST", f"/jobs/{job_id}/reports", json={})
    assert (again.status_code, code_of(again)) == (409, "job_state")
    assert code_of(call("POST", f"/jobs/{job_id}/reports", json={"files": ["x"]})) == "request_invalid"
    read = caller(app, new_token(database, Scope.READ))
    assert code_of(read("POST", f"/jobs/{job_id}/reports", json={})) == "scope_missing"


def test_an_export_is_a_job_whose_zip_is_downloaded_in_ranges_and_shared(
    call: Call, app: Flask, database: Database, job_id: int
) -> None:
    with database.write() as rows:
        rows.get_one(Photo, 1).boxed_at = read_clock(rows)
    options = {"format": "coco", "selection": {"job": job_id}, "boxed_only": True, "anonymise": "face"}
    made = call("POST", "/jobs", json={"kind": "export", "options": options})
    assert made.status_code == 202
    number = made.json["id"]
    run_batches(database, app.extensions["maskloop"].settings, HANDLERS, job_id=number)
    with call("GET", f"/jobs/{number}/reports/latest/export.zip") as answer:
        data = answer.data
    assert sum(name.endswith(".jpg") for name in zipfile.ZipFile(io.BytesIO(data)).namelist()) == 1
    with call("GET", f"/jobs/{number}/reports/1/export.zip", headers={"Range": "bytes=4-9"}) as part:
        assert (part.status_code, part.data) == (206, data[4:10])
    link = call("POST", f"/jobs/{number}/links", json={"name": "export.zip", "days": 2})
    assert link.status_code == 201
    path = "/downloads/" + link.json["address"].partition("/downloads/")[2]
    with app.test_client().get(path) as answer:
        assert answer.data == data
    (listed,) = call("GET", f"/jobs/{number}/links").json["links"]
    assert listed == link.json | {"uses": 1}
    assert call("DELETE", f"/jobs/{number}/links/{listed['id']}").status_code == 204
    assert app.test_client().get(path).status_code == 410
    assert code_of(call("DELETE", f"/jobs/{job_id}/links/{listed['id']}")) == "download_link_not_found"
    absent = call("POST", f"/jobs/{number}/links", json={"name": "faces.csv"})
    assert code_of(absent) == "report_not_found"
    assert "It has: export.zip." in absent.get_json(force=True)["detail"]
    bad = {"kind": "export", "options": {"format": "tar"}}
    assert code_of(call("POST", "/jobs", json=bad)) == "option_invalid"
    assert code_of(call("GET", "/datasets/9/faces.csv")) == "dataset_not_found"
