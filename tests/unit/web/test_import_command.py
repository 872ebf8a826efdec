"""What `maskloop import` prints: labels, what was left out and why, and what is doubtful."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import select

from core.accounts import ensure_owner
from core.database import Database
from core.datasets.importing.formats.record import SetFormat
from core.datasets.importing.job_kind import ImportOptions
from core.settings import Settings
from models import Job, UploadFile
from tests.imported_set import FACE, add_photo, run_import, voc
from tests.labelled_set import pack
from tests.rows import add_version
from web import import_command
from web.cli import main


def test_the_summary(
    db: Database,
    settings: Settings,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    add_version(db)
    folder = tmp_path / "set"
    for number in range(20):
        add_photo(folder / f"{number}.jpg", voc(("mask", *FACE)))
    add_photo(folder / "lost.jpg", voc(("scarf", *FACE)))
    options = ImportOptions(
        folder=str(folder), all_faces_boxed=True, labels={"Mask": "with_mask", "scraf": "without_mask"}
    )

    @contextmanager
    def run_here(*_: object, **__: object) -> Iterator[tuple[Database, Job]]:
        job_id = run_import(db, settings, folder, monkeypatch, all_faces_boxed=True)
        with db.read() as session:
            yield db, session.get_one(Job, job_id)

    monkeypatch.setattr(import_command, "run_job", run_here)
    assert import_command.import_folder(settings, options, quiet=True) == 1
    printed = capsys.readouterr()
    lines = [" ".join(line.strip("│ \n").split()) for line in printed.out.splitlines()]
    assert "decisions: with_mask │ 20" in lines
    assert "of these detections without a box │ 20" in lines
    assert "detections above 0.6 without a box, not labelled │ 20" in lines
    assert "objects left out: with an unknown label ('scarf') │ 1" in lines
    assert "skipped: no object can be used (no_usable_box) │ 1 photo" in lines
    assert "word 'scarf': unknown │ 1 object" in lines
    assert "word 'mask': with mask │ 20 objects" in lines
    said = f"maskloop import {folder} --label scarf=LABEL"
    assert "--label: the set has no word 'scraf'.\n" in printed.err
    assert "1 word is unknown" in printed.err and said in printed.err
    assert "20 detections above a score of 0.6 have no box" in printed.err
    assert "of an earlier import" not in printed.out
    import_command.import_folder(settings, options, quiet=True)
    again = " ".join(capsys.readouterr().out.replace("│", " ").split())
    assert "decisions: with_mask 0" in again
    assert "labels of an earlier import, not added again 40" in again


def test_meanings_of_words_are_given_on_the_command_line(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    asked: list[ImportOptions] = []

    def run(_settings: Settings, options: ImportOptions, *, quiet: bool, as_json: bool) -> int:
        asked.append(options)
        return 0

    monkeypatch.setattr(import_command, "import_folder", run)
    words = ["--label", "Scarf=without_mask", "--label", "hat=ignore"]
    assert CliRunner().invoke(main, ["import", str(tmp_path), *words]).exit_code == 0
    assert asked[0].labels == {"Scarf": "without_mask", "hat": "ignore"}
    refused = CliRunner().invoke(main, ["import", str(tmp_path), "--label", "scarf=warm"])
    assert refused.exit_code == 2 and "label_word_invalid" in refused.output


def test_a_dry_run_says_what_would_be_imported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MASKLOOP_DATA", str(tmp_path / "data"))
    folder = tmp_path / "dataset"
    add_photo(folder / "a.jpg", voc(("mask", *FACE), ("scarf", *FACE)))
    add_photo(folder / "none.jpg")
    runner = CliRunner()
    printed = runner.invoke(main, ["import", str(folder), "--dry-run", "--json"])
    said = json.loads(printed.stdout)
    assert (printed.exit_code, said["photos"], said["boxes"]) == (0, 2, 1)
    assert [(each["code"], each["photos"]) for each in said["skipped"]] == [("label_unknown", 1)]
    table = runner.invoke(main, ["import", str(folder), "--dry-run", "--format", "voc"])
    lines = [" ".join(line.strip("│ \n").split()) for line in table.stdout.splitlines()]
    assert "Read as Pascal VOC: chosen." in lines
    assert "left out: with an unknown label ('scarf') │ 1 object" in lines
    assert not (tmp_path / "data").exists()
    nothing = runner.invoke(main, ["import", str(folder), "--dry-run", "--format", "coco"])
    assert nothing.exit_code == 1
    wrong = runner.invoke(main, ["import", str(folder), "--dry-run", "--format", "docx"])
    assert wrong.exit_code != 0


def test_a_zip_is_imported_as_an_upload_of_it(
    db: Database, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_photo(tmp_path / "dataset" / "a.jpg", voc(("mask", *FACE)))
    archive = pack(tmp_path / "dataset", tmp_path / "set.zip")
    asked: list[ImportOptions] = []

    @contextmanager
    def request_only(_: object, request: Callable[..., Job], **__: object) -> Iterator[tuple[Database, Job]]:
        with db.write() as session:
            job = request(session, ensure_owner(session).id)
            asked.append(ImportOptions.from_json(job.options))
            session.flush()
            job_id, job.photos_done = job.id, 1
        with db.read() as session:
            yield db, session.get_one(Job, job_id)

    monkeypatch.setattr(import_command, "run_job", request_only)
    monkeypatch.setattr(import_command, "prepare", lambda *_, **__: None)
    import_command.import_folder(settings, ImportOptions(folder=str(archive), format="voc"), quiet=True)
    assert (asked[0].folder, asked[0].format) == (None, SetFormat.VOC)
    with db.read() as session:
        file = session.scalars(select(UploadFile)).one()
    assert (file.upload_id, file.name) == (asked[0].upload_id, "set.zip")
    printed = CliRunner().invoke(main, ["import", str(archive), "--dry-run", "--json"])
    assert json.loads(printed.stdout)["boxes"] == 1
