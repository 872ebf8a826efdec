"""The report of a job is written again and downloaded by a command, where something was decided."""

import json
from pathlib import Path

from flask import Flask
from sqlalchemy import select

from core.database import Database
from core.labels.decisions import Origin
from core.results.reports.request import request_reports
from core.review.answers.outside_decisions import decide_face
from models import Face, Label
from tests.unit.web.commands.conftest import Say
from workers.drain import drain_job


def _decide(database: Database) -> None:
    with database.write() as rows:
        face_id = rows.scalars(select(Face.id).limit(1)).one()
        decide_face(rows, face_id, Label.NOT_A_FACE, Origin(account_id=None, queue="results"))


def test_a_report_is_written_again_where_something_was_decided(
    on_folder: Say, app: Flask, database: Database, job_id: int, tmp_path: Path
) -> None:
    out = tmp_path / "new" / "out"
    words = ("report", str(job_id), "--if-changed", "--quiet")
    first = on_folder(*words, "--out", str(out))
    assert first.exit_code == 0, first.stderr
    assert first.stderr == "The job has no report yet.\n"
    assert first.stdout.splitlines()[-1] == str(out / "report.html")
    assert ",not_a_face," not in (out / "faces.csv").read_text().split("\n", 1)[1]
    again = on_folder(*words)
    assert (again.stdout, again.stderr) == ("", "Nothing was decided since report 1.\n")
    _decide(database)
    third = on_folder(*words, "--out", str(out))
    assert third.stderr == "1 face was decided since report 1.\n"
    assert ",not_a_face," in (out / "faces.csv").read_text().split("\n", 1)[1]
    data: Path = app.extensions["maskloop"].settings.data
    places = on_folder("report", str(job_id), "--as-is").stdout.splitlines()
    assert places[-1].startswith(str(data)) and Path(places[-1]).name == "report.html"
    assert all(Path(place).is_file() for place in places)


def test_the_report_of_a_service_is_downloaded(
    over_http: Say, app: Flask, address: str, database: Database, job_id: int, tmp_path: Path
) -> None:
    with database.write() as rows:
        request_reports(rows, job_id)
    import threading

    drain_job(app.extensions["maskloop"].settings, job_id, threading.Event())
    words = ("report", str(job_id), "--as-is")
    said = over_http(*words, "--file", "faces.csv", "--out", str(tmp_path / "out"))
    assert said.stdout == f"{tmp_path / 'out' / 'faces.csv'}\n", said.stderr
    assert (tmp_path / "out" / "faces.csv").read_text(encoding="utf-8-sig").startswith("photo,")
    named = json.loads(over_http(*words, "--json").stdout)
    assert named[-1]["place"] == f"{address}/api/v1/jobs/{job_id}/reports/1/report.html"
    missing = over_http(*words, "--file", "faces.txt")
    assert missing.exit_code == 2 and missing.stderr.startswith("maskloop: report_not_found: ")
    assert over_http("report", "99").exit_code == 4
