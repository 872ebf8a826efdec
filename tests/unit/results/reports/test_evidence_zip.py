"""evidence.zip, verified and read back."""

import hashlib
import json
import shutil
import subprocess
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from zipfile import ZipFile

import pytest

from core.database import Database
from core.errors import PermanentError
from core.evidence.contents import ReportCopy
from core.evidence.signing import public_pem
from core.evidence.verify import TrustedKey, verify_pack
from core.results.reports.evidence_zip import sums_line
from models import ReportFormat
from tests.unit.results.reports.made_job import CARD, CONTENTS, WITH_MASK, MadePhoto, add_job, write

TRUSTED = TrustedKey.of(pem=public_pem(CONTENTS.key.public_key()))


def _copy(db: Database, job_id: int, folder: Path, fmt: ReportFormat) -> ReportCopy:
    written = write(db, job_id, fmt, folder)
    return ReportCopy(
        name=written.path.name, path=written.path, sha256=written.sha256,
        written_at=datetime(2026, 3, 4, tzinfo=UTC),
    )  # fmt: skip


def test_the_pack_holds_what_defends_the_number(made_db: Database, mixed_job: int, tmp_path: Path) -> None:
    copies = tuple(
        _copy(made_db, mixed_job, tmp_path, fmt) for fmt in (ReportFormat.FACES_CSV, ReportFormat.XLSX)
    )
    contents = replace(CONTENTS, reports=copies, files={"audit/sample.csv": b"photo\r\n"})
    path = write(made_db, mixed_job, ReportFormat.EVIDENCE, tmp_path, contents=contents).path
    assert verify_pack(path, TRUSTED).is_verified
    with ZipFile(path) as pack:
        assert set(pack.namelist()) == {
            "README.txt", "public-key.pem", "photos.sha256", "report/faces.csv", "report/report.xlsx",
            "classifier-card.json", "audit/sample.csv", "about.json", "SHA256SUMS", "SHA256SUMS.sig",
        }  # fmt: skip
        assert pack.read("report/faces.csv") == copies[0].path.read_bytes()
        assert json.loads(pack.read("classifier-card.json")) == CARD
        about = json.loads(pack.read("about.json"))
    assert (about["job"], about["options"], about["photos_hashed"]) == (mixed_job, {"folder": "/photos"}, 5)
    assert about["counts"]["photos"] == 7 and about["final_labels"]["with_mask"] == 3
    assert about["report"]["classifier_sha256"] and about["software"] == {"maskloop": "1"}
    assert [file["name"] for file in about["report_files"]] == ["faces.csv", "report.xlsx"]


def test_a_report_that_is_not_the_written_one_is_not_packed(
    made_db: Database, mixed_job: int, tmp_path: Path
) -> None:
    copy = _copy(made_db, mixed_job, tmp_path, ReportFormat.FACES_CSV)
    copy.path.write_bytes(copy.path.read_bytes() + b"more")
    for reports in ((copy,), (replace(copy, path=tmp_path / "none.csv"),)):
        with pytest.raises(PermanentError) as caught:
            write(
                made_db, mixed_job, ReportFormat.EVIDENCE, tmp_path,
                contents=replace(CONTENTS, reports=reports),
            )  # fmt: skip
        assert caught.value.code == "report_changed"
    assert not (tmp_path / "evidence.zip").exists()


def test_sha256sum_checks_the_photos_whatever_their_names(made_db: Database, tmp_path: Path) -> None:
    if shutil.which("sha256sum") is None:
        pytest.skip("needs sha256sum")
    names = [
        "plain.jpg",
        "sub/in folder.jpg",
        "back\\slash.jpg",
        "line\nbreak.jpg",
        "re\rturn.jpg",
        "*star",
        "写真.jpg",
    ]
    photos = tmp_path / "photos"
    (photos / "sub").mkdir(parents=True)
    for name in names:
        (photos / name).write_bytes(name.encode())
    made = [MadePhoto(name=name, faces=[WITH_MASK], content=name.encode()) for name in names]
    path = write(made_db, add_job(made_db, made), ReportFormat.EVIDENCE, tmp_path).path
    with ZipFile(path) as pack:
        sums = pack.read("photos.sha256")
    check = ["sha256sum", "--check", "--strict", "-"]
    good = subprocess.run(check, cwd=photos, input=sums, capture_output=True)
    assert good.returncode == 0, good.stderr
    assert good.stdout.count(b": OK") == len(names)
    (photos / "plain.jpg").write_bytes(b"another")
    assert subprocess.run(check, cwd=photos, input=sums, capture_output=True).returncode == 1


def test_a_hash_line_of_a_name_that_is_not_utf8() -> None:
    digest = hashlib.sha256(b"").hexdigest()
    assert sums_line(digest, b"\xff.jpg") == digest.encode() + b"  \xff.jpg\n"
