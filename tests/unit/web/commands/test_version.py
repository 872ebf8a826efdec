"""A classifier is imported by a command, here and over HTTP."""

from pathlib import Path
from zipfile import ZipFile

import pytest

from core.database import Database
from core.training.importing.job_kind import IMPORT_VERSION
from core.training.importing.options import Scaling
from core.training.job_kind import missing_modules
from core.versions.files import keep_shipped, version_files
from core.versions.store import register_shipped
from models import Job, Label, UploadFile
from tests.unit.web.commands.conftest import Say

pytestmark = pytest.mark.skipif(bool(missing_modules()), reason="the training dependencies are not installed")


def test_a_file_is_sent_and_its_import_requested(say: Say, database: Database, tmp_path: Path) -> None:
    file = tmp_path / "ours.onnx"
    file.write_bytes(b"a network")
    asked = ("version", "import", str(file), "--labels", "without_mask, with_mask", "--scaling", "unit")
    made = say(*asked, "--quiet")
    assert made.exit_code == 0, made.stderr
    with database.read() as rows:
        job = rows.get_one(Job, int(made.stdout.split()[-1]))
        options = IMPORT_VERSION.options_of(job)
        assert rows.query(UploadFile).one().name == "ours.onnx"
    assert (job.kind, job.title) == (IMPORT_VERSION.name, "Import of ours.onnx")
    assert (options.labels, options.name) == ((Label.WITHOUT_MASK, Label.WITH_MASK), "ours")
    assert options.scaling is Scaling.UNIT


def test_what_is_wrong_is_said_by_its_code(say: Say, tmp_path: Path) -> None:
    file = tmp_path / "ours.pt"
    file.write_bytes(b"PK")
    refused = say("version", "import", str(file), "--labels", "with_mask,without_mask", "--quiet")
    assert refused.exit_code == 2 and "maskloop: model_format: " in refused.stderr
    file = tmp_path / "ours.onnx"
    file.write_bytes(b"x")
    refused = say("version", "import", str(file), "--labels", "with_mask,hat", "--quiet")
    assert refused.exit_code == 2 and "maskloop: option_invalid: " in refused.stderr


@pytest.fixture
def shipped(app, database: Database) -> int:
    """The version of the release with its files."""
    new = keep_shipped(version_files(app.extensions["maskloop"].settings))
    with database.write() as rows:
        return register_shipped(rows, new).id


def test_a_version_is_written_to_a_folder(say: Say, shipped: int, tmp_path: Path) -> None:
    out = tmp_path / "models"
    made = say("version", "export", str(shipped), "--to", str(out))
    assert made.exit_code == 0, made.stderr
    with ZipFile(made.stdout.strip()) as archive:
        assert {"README.md", "classifier.tflite"} <= set(archive.namelist())
    assert [path.parent for path in out.iterdir()] == [out]
    assert say("version", "export", "99", "--to", str(out)).exit_code == 4


def test_missing_formats_are_requested(say: Say, shipped: int, database: Database) -> None:
    made = say("version", "formats", str(shipped))
    assert made.exit_code == 0, made.stderr
    with database.read() as rows:
        assert rows.get_one(Job, int(made.stdout)).options == {"version_id": shipped}
