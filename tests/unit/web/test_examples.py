"""Every code block of the documents is run; a new one is run too, or fails here.

Blocks of shells are run as they stand, in one folder for each document, against the service over HTTP and on
its data folder. Those of other languages are run by the tests that `ELSEWHERE` names, or by one below.
"""

import json
import re
import shutil
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from click.testing import CliRunner
from flask import Flask
from sqlalchemy import delete, select
from structlog.testing import capture_logs
from werkzeug.serving import make_server

from core.accounts import ensure_owner
from core.database import Database
from core.jobs.stages import end_job
from core.live.protocol import PhotoAnswer
from core.predict.results import PhotoRead
from core.settings import Settings
from maskloop_client import Client
from models import Job, JobPhoto, JobState, WebhookDelivery
from tests.examples import DOCUMENTS, RANDOM_TOKEN, ROOT, Example, ExampleShell, read_examples
from tests.labelled_set import make_set
from tests.unit.web.commands.test_declared import ALL as COMMANDS
from tests.unit.web.filled_folder import FilledFolder, attach_folder
from web.cli import main
from workers.engine import run_batches
from workers.handlers import HANDLERS

_CLIENT = "tests/acceptance/test_client.py"
#: Who runs the blocks of a document in a language, which names the document, and how many there are.
ELSEWHERE = {
    ("clients/python/README.md", "python"): (_CLIENT, 1),
    ("docs/api.md", "python"): (_CLIENT, 1),
    ("docs/client.md", "python"): (_CLIENT, 7),
    ("docs/detection.md", "python"): ("tests/unit/detection/test_detector.py", 1),
    ("docs/evidence.md", "sh"): ("tests/unit/evidence/test_verify.py", 2),
    ("docs/guides/airflow-cron.md", "crontab"): (_CLIENT, 1),
    ("docs/guides/airflow-cron.md", "python"): (_CLIENT, 2),
    ("docs/guides/script.md", "python"): (_CLIENT, 1),
    ("docs/guides/script.md", "sh"): (_CLIENT, 1),
    ("docs/guides/watched-folder.md", "sh"): ("tests/integration/test_watched_folder_guide.py", 4),
    ("docs/models.md", "python"): ("tests/unit/training/test_formats.py", 5),
    ("docs/reports.md", "python"): ("tests/unit/results/reports/test_documented_precision.py", 1),
    ("docs/web.md", "nginx"): ("tests/acceptance/test_nginx.py", 1),
    ("docs/webhooks.md", "python"): ("tests/acceptance/test_webhooks.py", 1),
}
#: Commands that take long, or need what is not here: their words are understood, and these tests run them.
UNDERSTOOD = {
    "backup": "tests/acceptance/test_backup.py",
    "compare": "tests/unit/web/test_training_commands.py",
    "doctor": "tests/unit/web/commands/test_doctor.py",
    "export": "tests/unit/web/commands/test_exports.py",
    "import": "tests/unit/web/test_import_command.py",
    "move": "tests/unit/moving/test_move.py",
    "photo": "tests/acceptance/test_photo_command.py",
    "restore": "tests/acceptance/test_backup.py",
    "run": "tests/acceptance/test_run_command.py",
    "serve": "tests/acceptance/service.py",
    "train": "tests/unit/web/test_training_commands.py",
    "version import": "tests/unit/web/commands/test_version.py",
}
#: What a document prints, besides that it ends well.
PRINTED = {
    "docs/api.md": ('"kind":"predict"', '"width":640', '"photos":', '"outcome":"saved"'),
    "docs/commands.md": ('"with_mask"', "#compdef maskloop", "is kept in the keyring"),
    "docs/exports.md": ('"kind":"export"',),
    "docs/groups.md": ("north", '"groups"'),
    "docs/watching.md": ("maskloop_jobs",),
    "docs/webhooks.md": ('"secret":"whsec_',),
}
_SHELLS = ("sh", "crontab")
#: A line of an example that sets a setting, or says something.
_SETTING = re.compile(r"(export )?MASKLOOP_\w+=|#")
#: The variables of settings; a program's own, such as the token, are none.
_SETTINGS = {f"MASKLOOP_{name.upper()}{end}" for name in Settings.model_fields for end in ("", "_FILE")}
#: The number of a row; the documents name others than are here.
_NUMBER = re.compile(r"(?<![\w.:-])\d+(?![\w.:-])")
_EXAMPLES = list(read_examples())
_HERE = [each for each in _EXAMPLES if (each.document, each.language) not in ELSEWHERE]


def _of(document: str, *languages: str) -> list[Example]:
    return [each for each in _HERE if each.document == document and each.language in languages]


def test_every_block_is_run_by_a_test() -> None:
    for path in DOCUMENTS:
        fences = len(re.findall(r"^ *```", path.read_text(encoding="utf-8"), re.MULTILINE))
        found = [each for each in _EXAMPLES if each.document == str(path.relative_to(ROOT))]
        assert fences == 2 * len(found), f"{path}: a fence that ends or begins nothing"
    counted = Counter((each.document, each.language) for each in _EXAMPLES)
    for key, (test, count) in ELSEWHERE.items():
        assert Path(key[0]).name in (ROOT / test).read_text(), f"{test} does not read {key[0]}"
        assert counted[key] == count, f"{key}: see that {test} runs each of them"
    for each in _HERE:
        assert each.language in (*_SHELLS, "json"), f"{each}: no test runs it"
    assert {each.document for each in _HERE if each.language == "json"} == {*JSON}


def test_commands_that_are_only_understood_have_a_test() -> None:
    for name, test in UNDERSTOOD.items():
        assert f'"{name.split()[-1]}"' in (ROOT / test).read_text(), f"{test} does not run maskloop {name}"


class _Place:
    """A service on a filled data folder, and a shell beside it."""

    def __init__(self, app: Flask, settings: Settings, filled: FilledFolder, folder: Path) -> None:
        self.app, self.settings, self._filled = app, settings, filled
        self.database: Database = app.extensions["maskloop"].database
        self._folder, self._server = folder, make_server("127.0.0.1", 0, app, threaded=True)
        self._thread = Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()
        self.address = f"http://127.0.0.1:{self._server.server_port}"
        self.shell = ExampleShell(folder, self._answer, self._environment())
        self._fill()

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
        self.shell.close()

    def client(self) -> Client:
        return Client(self.address, self._filled.secret)

    def run(self, example: Example) -> str:
        """Run it with what is here in place of what it names."""
        text = re.sub(r"^.*# with PostgreSQL$", "", example.text, flags=re.MULTILINE)
        text = _NUMBER.sub(lambda found: str(self._numbers.get(found[0], found[0])), text)
        for named, here in self._places().items():
            text = text.replace(named, here)
        if example.language == "crontab":
            text = re.sub(r"^(\S+ +){5}", "", text)
        if all(_SETTING.match(line) for line in text.splitlines()):
            # They may name servers: a command that reads them is only understood.
            text = f"set -a\n{text}\nmaskloop serve"
        if "$MASKLOOP_URL" in text:
            text = f"export MASKLOOP_URL={self.address}\n{text}"
        return self.shell.run(text)

    def _environment(self) -> dict[str, str]:
        return self.settings.to_env() | {
            "MASKLOOP_TOKEN": self._filled.secret,
            "PHOTO": str(next(self._filled.photos.rglob("*.jpg"))),
            "COLUMNS": "200",
        }

    def _places(self) -> dict[str, str]:
        place = str(self._folder)
        return {
            "http://127.0.0.1:8765": self.address,
            "https://masks.example.org": self.address,
            "/photos/street": str(self._filled.photos),
            "/mnt/backups": f"{place}/backups",
            "/srv/maskloop-restored": f"{place}/restored",
            "/srv/maskloop": str(self.settings.data),
            "/tmp/trial": f"{place}/trial",
            "/run/secrets": f"{place}/run",
            "${fpath[1]}": place,
        }

    def _fill(self) -> None:
        """What the documents take for granted."""
        place = self._folder
        for folder in ("run", ".config/fish/completions", ".local/share/bash-completion/completions"):
            (place / folder).mkdir(parents=True)
        (place / "run" / "openid").write_text("a secret of sixteen characters")
        shutil.copy(ROOT / ".env.example", place)
        (place / "deploy").symlink_to(ROOT / "deploy")
        make_set(place / "sets" / "masks", each=2, boxed=1)
        with self.client() as client:
            item = client.queues.next(1).faces[0].item
        self._numbers = {"3": 1, "4": self._filled.numbers["version"], "7": 1, "8": 2, "41": item}
        with self.database.write() as rows:
            # A job of two sites, all of whose photos were read.
            rows.execute(delete(JobPhoto).where(JobPhoto.photo_id.is_(None)))
            rows.get_one(Job, 1).photos_failed = 0
            for number, photo in enumerate(rows.scalars(select(JobPhoto).where(JobPhoto.job_id == 1))):
                photo.name = f"{('north', 'south')[number % 2]}/gate/2025-06-{number + 1:02}/photo.jpg"
                photo.locator = photo.name.encode()

    def _answer(self, words: Sequence[str], environment: Mapping[str, str]) -> tuple[int, str, str]:
        program, *given = words
        if program == "python":
            _check_program(given)
        elif (name := _only_understood(given)) is not None:
            Settings.from_env({key: value for key, value in environment.items() if key in _SETTINGS})
            COMMANDS[name].make_context(name, given[len(name.split()) :])
        else:
            kept = {key: value for key, value in environment.items() if key.startswith("MASKLOOP_")}
            kept["COLUMNS"] = environment["COLUMNS"]
            done = CliRunner().invoke(main, given, env=kept, input=f"{self._filled.secret}\n")
            return done.exit_code, done.stdout, done.stderr
        return 0, "", ""


def _only_understood(words: Sequence[str]) -> str | None:
    """The name of a command that is not run here; the dry run of an import is."""
    name = next((name for name in (" ".join(words[:2]), words[0]) if name in UNDERSTOOD), None)
    return None if "--dry-run" in words else name


def _check_program(words: Sequence[str]) -> None:
    """Programs of the repository that take minutes: they are there, and know the options."""
    assert words[0] == "-m"
    if words[1] == "pytest":
        assert all((ROOT / word).exists() for word in words[2:])
        return
    place = ROOT / words[1].replace(".", "/")
    source = (place / "__main__.py" if place.is_dir() else place.with_suffix(".py")).read_text()
    for word in words[2:]:
        assert not word.startswith("--") or f'"{word}"' in source, f"{words[1]} has no {word}"


@pytest.fixture
def place(
    one_app: Flask, filled_folder: FilledFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[_Place]:
    shutil.copytree(filled_folder.data, tmp_path / "data")
    changes = {"metrics_token": RANDOM_TOKEN}
    settings = attach_folder(one_app, tmp_path / "data", filled_folder.photos, **changes)
    monkeypatch.setattr("web.commands.connection._prepare", lambda _settings: None)
    monkeypatch.setattr("core.logs.set_up_logs", lambda *_given, **_options: None)
    monkeypatch.setattr("keyring.get_password", lambda *_entry: None)
    monkeypatch.setattr("keyring.set_password", lambda *_entry: None)
    # No live process runs here; `test_one_photo.py` asks one.
    read = PhotoRead(position=0, sha256="a" * 64, bytes=9, width=640, height=480, format="JPEG", faces=())
    seen = PhotoAnswer(read=read, detector_key="yunet", classifier_sha256="c" * 64)
    monkeypatch.setattr("web.api_v1.live.look_at", lambda *_given: seen)
    (tmp_path / "place").mkdir()
    made = _Place(one_app, settings, filled_folder, tmp_path / "place")
    monkeypatch.setattr("web.commands.local_work.work_on", lambda _settings, job: _working(made, job))
    # The server is in the same process: its log must not stand in what commands print.
    with capture_logs():
        yield made
    made.close()
    one_app.extensions["maskloop"].database.dispose()


@contextmanager
def _working(place: _Place, job: Mapping[str, Any]) -> Iterator[Any]:
    """Workers for whoever waits; what needs a detector ends at once."""
    if job["kind"] == "predict":
        with place.database.write() as rows:
            end_job(rows, rows.get_one(Job, job["id"]), JobState.DONE)
    else:
        run_batches(place.database, place.settings, HANDLERS, job_id=job["id"])
    yield type("Done", (), {"look": lambda _self, _job: None})()


@pytest.mark.parametrize("document", sorted({each.document for each in _HERE if each.language in _SHELLS}))
def test_the_commands_of_a_document_run(document: str, place: _Place) -> None:
    printed = "".join(map(place.run, _of(document, *_SHELLS)))
    for path in (place._folder / ".config", place._folder / "_maskloop"):
        printed += "".join(each.read_text() for each in [path, *path.rglob("*")] if each.is_file())
    for words in PRINTED.get(document, ()):
        assert words in printed, f"{words} in {printed}"


def _problem(place: _Place, document: dict[str, Any]) -> None:
    with place.client() as client, pytest.raises(Exception) as caught:
        client.jobs.get(9)
    assert caught.value.code == document["code"]
    headers = {"Authorization": f"Bearer {place._filled.secret}"}
    assert place.app.test_client().get("/api/v1/jobs/9", headers=headers).get_json(force=True) == document


def _event(place: _Place, document: dict[str, Any]) -> None:
    with place.database.write() as rows:
        job = Job(
            kind="predict", state=JobState.RUNNING, stage="read", title="Street", options={},
            account_id=ensure_owner(rows).id, created_at=rows.get_one(Job, 1).created_at,
        )  # fmt: skip
        rows.add(job)
        rows.flush()
        end_job(rows, job, JobState.DONE)
        newest = select(WebhookDelivery.body).order_by(WebhookDelivery.id.desc()).limit(1)
        sent = json.loads(rows.scalars(newest).one())
    assert _shape(sent) == _shape(document)


def _line_of_log(place: _Place, document: dict[str, Any]) -> None:
    headers = {"Authorization": f"Bearer {place._filled.secret}"}
    with capture_logs() as logs:
        place.app.test_client().get("/api/v1/jobs/1", headers=headers)
    (line,) = (log for log in logs if log["event"] == "request")
    # What every line has is added by the log itself.
    assert {*line, "level", "timestamp", "request"} - {"log_level"} == {*document}


def _shape(value: Any) -> Any:
    """Names and their kinds, at any depth; what may be missing is like any other."""
    if isinstance(value, dict):
        return {name: _shape(each) for name, each in value.items()}
    return "text" if value is None or isinstance(value, str) else type(value)


#: What holds the JSON of a document.
JSON: dict[str, Callable[[_Place, dict[str, Any]], None]] = {
    "docs/api.md": _problem,
    "docs/watching.md": _line_of_log,
    "docs/webhooks.md": _event,
}


@pytest.mark.parametrize("document", JSON)
def test_the_json_of_a_document_is_what_is_sent(document: str, place: _Place) -> None:
    (example,) = _of(document, "json")
    JSON[document](place, json.loads(example.text))
