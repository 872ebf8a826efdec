"""The API and its Python client against the real service: documents, notebook, pipeline, a killed server."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from maskloop_client import Client, Retries
from maskloop_client.tus import UploadProgress
from tests.acceptance.conftest import ROOT
from tests.acceptance.service import MASKLOOP, Service
from tests.labelled_set import make_set

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

#: What stands in for Airflow: its tasks are called one after the other.
_AIRFLOW = """
import inspect


def task(function=None, **options):
    if function is None:
        return task

    def call(*given):
        wants_day = "ds" in inspect.signature(function).parameters
        return function(*given, **({"ds": "2026-11-29"} if wants_day else {}))

    return call


def dag(**options):
    return lambda build: build
"""


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory, set_up: Path) -> Iterator[Service]:
    """One service for all tests of the client."""
    folder = tmp_path_factory.mktemp("service")
    shutil.copytree(set_up, folder / "data", symlinks=True)
    running = Service(folder / "data", photos=folder)
    running.start()
    yield running
    running.stop()
    running.db.dispose()


@pytest.fixture(scope="module")
def token(service: Service) -> str:
    """A token that may do everything."""
    made = subprocess.run(
        [MASKLOOP, "token", "add", "client", "--scope", "admin"],
        env=service.settings.to_child_env(), capture_output=True, text=True, check=True,
    )  # fmt: skip
    return made.stdout.strip()


@pytest.fixture
def client(service: Service, token: str) -> Iterator[Client]:
    with Client(service.address, token) as made:
        yield made


@pytest.fixture
def place(
    service: Service, token: str, four_hundred: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Path]:
    """A working folder with three photos in `photos`, and the environment of scripts."""
    folder = Path(service.settings.allowed_roots) / "place"
    (folder / "photos").mkdir(parents=True)
    for photo in sorted(four_hundred.rglob("*.jpg"))[:3]:
        shutil.copy(photo, folder / "photos")
    (folder / "token").write_text(token)
    monkeypatch.chdir(folder)
    monkeypatch.setenv("MASKLOOP_URL", service.address)
    monkeypatch.setenv("MASKLOOP_TOKEN_FILE", str(folder / "token"))
    monkeypatch.delenv("MASKLOOP_TOKEN", raising=False)
    yield folder
    shutil.rmtree(folder)


def _blocks(document: str, language: str, folder: Path) -> list[str]:
    """The examples of a document, with folders of this test in place of the named ones."""
    text = (ROOT / document).read_text()
    text = text.replace("/photos/street", str(folder / "photos")).replace("/var/reports", str(folder))
    return re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)


def _run(*command: str, folder: Path) -> str:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_example_of_the_api_predicts_a_folder(service: Service, place: Path) -> None:
    made = subprocess.run(
        [MASKLOOP, "token", "add", "example", "--scope", "read", "--scope", "submit"],
        env=service.settings.to_child_env(), capture_output=True, text=True, check=True,
    )  # fmt: skip
    example = re.findall(r"```python\n(.*?)```", (ROOT / "docs" / "api.md").read_text(), re.DOTALL)[-1]
    done = subprocess.run(
        [sys.executable, "-c", example],
        env=os.environ | {
            "MASKLOOP_URL": service.address,
            "MASKLOOP_TOKEN": made.stdout.strip(),
            "FOLDER": str(place / "photos"),
        },
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [f"{number:04}.jpg ['without_mask']" for number in range(3)]


@pytest.mark.parametrize("document", ["docs/client.md", "clients/python/README.md"])
def test_examples_of_the_client_run(place: Path, document: str) -> None:
    printed = _run(sys.executable, "-c", "\n".join(_blocks(document, "python", place)), folder=place)
    assert "without_mask" in printed


def test_the_guide_to_a_script(place: Path) -> None:
    (script,) = _blocks("docs/guides/script.md", "python", place)
    (place / "report.py").write_text(script)
    command = _blocks("docs/guides/script.md", "sh", place)[0].splitlines()[-1]
    printed = _run(sys.executable, *command.split()[1:], folder=place)
    assert re.fullmatch(r"report/job-\d+-faces\.csv\nreport/job-\d+-photos\.csv\n", printed), printed
    assert len((place / printed.splitlines()[0]).read_text().splitlines()) == 4


def test_the_guide_to_cron_asks_for_one_job_a_day(place: Path) -> None:
    script, _ = _blocks("docs/guides/airflow-cron.md", "python", place)
    (place / "nightly.py").write_text(script)
    line = _blocks("docs/guides/airflow-cron.md", "crontab", place)[0].splitlines()[-1]
    command = [sys.executable, *line.split()[6:]]
    printed = [_run(*command, folder=place) for _ in range(2)]
    assert printed[0] == printed[1] and len(list(place.glob("faces-*.csv"))) == 1


def test_the_guide_to_airflow(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _, tasks = _blocks("docs/guides/airflow-cron.md", "python", place)
    (place / "airflow").mkdir()
    (place / "airflow" / "sdk.py").write_text(_AIRFLOW)
    monkeypatch.setenv("PYTHONPATH", f"{place}:{os.environ.get('PYTHONPATH', '')}")
    _run(sys.executable, "-c", tasks, folder=place)
    assert len(list(place.glob("faces-*.csv"))) == 1


def test_the_notebook_runs(place: Path) -> None:
    notebook = nbformat.read(ROOT / "docs" / "client.ipynb", as_version=4)
    # The kernel runs in this interpreter's environment, whatever kernels are installed.
    runner = NotebookClient(notebook, timeout=300, resources={"metadata": {"path": str(place)}})
    runner.execute()
    outputs = [str(cell.get("outputs")) for cell in notebook.cells]
    assert any("without_mask" in text for text in outputs) and list(place.glob("job-*-faces.csv"))


def test_a_killed_server_costs_an_upload_no_byte(service: Service, token: str, place: Path) -> None:
    # As long as a loaded machine takes to start it again.
    with Client(service.address, token, retries=Retries(attempts=30, longest_pause=4.0)) as client:
        film = place / "film.zip"
        film.write_bytes(os.urandom(40 << 20))
        killed: list[int] = []

        def kill_once(progress: UploadProgress) -> None:
            if progress.bytes > 10 << 20 and not killed:
                killed.append(progress.bytes)
                service.kill_part("web.server")

        sent = client.uploads.send(film, progress=kill_once)
        assert killed and sent.bytes == film.stat().st_size
        (file,) = client.uploads.files(sent.id)
        digest = subprocess.run(
            ["sha256sum", film], capture_output=True, text=True, check=True
        ).stdout.split()[0]
        assert (file.complete, file.sha256) == (True, digest)


def test_a_pipeline_by_the_client_alone(client: Client, place: Path) -> None:
    """Folder in, report out; a labelled set in, a version trained, evaluated, promoted, and rolled back."""
    pytest.importorskip("tensorflow", reason="the training dependencies are not installed")
    labelled = client.uploads.send(make_set(place / "set", each=12, boxed=0), annotations=True)
    client.jobs.create("import", {"upload_id": labelled.id}).wait(timeout=200)
    before = client.versions.champion().id
    training = client.jobs.create("train", {"head_epochs": 1}).wait(timeout=500)
    version, dataset = training.data.version_id, training.data.dataset_id
    assert version is not None and dataset is not None
    client.datasets.pin(dataset)
    client.versions.evaluate(version, dataset).wait(timeout=200)
    assert client.versions.get(version).gate is not None
    client.versions.promote(version, overrule=True, reason="A version of a test.")
    assert client.versions.champion().id == version
    job = client.predict(place / "photos").wait(timeout=200)
    assert job.data.version_id == version and len(job.faces().to_list()) == 3
    assert job.download_report("report.html", place).read_text().count("<html") == 1
    assert client.versions.download(version, "litert", place).stat().st_size > 10_000
    assert client.versions.rollback().id == before
