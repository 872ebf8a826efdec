"""docker-compose.yml without Docker: each service's command with its environment, on real servers."""

import os
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from sqlalchemy import select

from benchmarks.servers import PostgresServer, RedisServer, free_port
from core.database import Database
from core.live.protocol import detect_photo
from core.predict.job_kind import request_predict
from core.predict.options import PredictOptions
from core.settings import Settings
from models import Account, Job, JobState
from tests.acceptance.service import wait_until

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]


class Composed:
    """The compose file's own services as processes; PostgreSQL and Valkey are the tests' servers."""

    def __init__(self, folder: Path, database_url: str, broker_url: str, photos: Path) -> None:
        self.file: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
        self.port = free_port()
        self.processes: list[subprocess.Popen[bytes]] = []
        self._folder = folder
        self._secrets = {"database_url": database_url, "owner_password": "a long enough password"}
        for name, value in self._secrets.items():
            (folder / name).write_text(value)
        self._places = {
            "/run/secrets": str(folder),
            "/data": str(folder / "data"),
            "/photos": str(photos),
            "redis://valkey:6379/0": broker_url,
        }

    def environment(self, service: str) -> dict[str, str]:
        """The service's environment with container paths turned into real ones."""
        given = {**self.file["services"][service]["environment"], "MASKLOOP_PORT": str(self.port)}
        # Behind other tests workers would miss their leases.
        given["MASKLOOP_WORKER_NICE"] = "0"
        clean = {key: value for key, value in os.environ.items() if not key.startswith("MASKLOOP_")}
        return clean | {key: self._real(str(value)) for key, value in given.items()}

    def _real(self, value: str) -> str:
        if value.startswith("${"):
            return value.split(":-")[1].rstrip("}")
        for container, real in self._places.items():
            if value == container or value.startswith(container + "/"):
                return real + value[len(container) :]
        return value

    def start(self, service: str) -> subprocess.Popen[bytes]:
        """Run the service's command."""
        program, *words = self.file["services"][service]["command"]
        command = [str(Path(sys.executable).with_name(program)), *words]
        log = (self._folder / f"{service}.log").open("wb")
        process = subprocess.Popen(command, env=self.environment(service), stdout=log, stderr=log)
        log.close()
        self.processes.append(process)
        return process

    def is_healthy(self, service: str) -> bool:
        """Run the service's health check, as a container engine does."""
        program, *words = self.file["services"][service]["healthcheck"]["test"][1:]
        command = [str(Path(sys.executable).with_name(program)), *words]
        return subprocess.run(command, env=self.environment(service), check=False).returncode == 0

    def stop(self) -> None:
        """Kill them; nothing looks at how they end."""
        for process in self.processes:
            process.kill()
            process.wait()


@pytest.fixture
def composed(
    tmp_path: Path, postgres: PostgresServer, redis_server: RedisServer, four_hundred: Path, weights: Path
) -> Iterator[Composed]:
    made = Composed(tmp_path, postgres.new_database(), redis_server.url, four_hundred)
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "weights").symlink_to(weights)
    yield made
    made.stop()


def test_the_main_job_runs_through_the_composed_services(composed: Composed, four_hundred: Path) -> None:
    assert composed.start("setup").wait(60) == 0, (composed._folder / "setup.log").read_text()
    for service in ("web", "worker", "live", "trainer", "tick", "watcher"):
        composed.start(service)
    health = f"http://127.0.0.1:{composed.port}/health"
    wait_until(lambda: _answers(health), seconds=60, what="every part gives signs of life")
    for service in ("worker", "tick"):
        assert composed.is_healthy(service)
    db = Database(composed._secrets["database_url"])
    with db.write() as session:
        account_id = session.scalars(select(Account.id)).one()
        job_id = request_predict(
            session,
            PredictOptions(folder=str(four_hundred / "0")),
            account_id=account_id,
            roots=[four_hundred],
        ).id

    def ended() -> Job | None:
        with db.read() as session:
            job = session.get_one(Job, job_id)
            return job if job.state in (JobState.DONE, JobState.FAILED) else None

    job = wait_until(ended, seconds=90, what="the job's end")
    db.dispose()
    assert (job.state, job.photos_done, job.photos_failed) == (JobState.DONE, 100, 0)
    photo = (four_hundred / "0" / "0000.jpg").read_bytes()
    live = Settings(broker_url=composed._places["redis://valkey:6379/0"])
    assert len(detect_photo(live, photo).faces) >= 1
    assert job.faces_with_mask + job.faces_without_mask + job.faces_indeterminate + job.faces_incorrect >= 90


def _answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(address, timeout=2) as answer:
            return answer.status == 200
    except OSError:
        return False


def test_the_web_server_refuses_the_open_network_without_a_password(composed: Composed) -> None:
    composed.file["services"]["setup"]["environment"].pop("MASKLOOP_PASSWORD_FILE")
    assert composed.start("setup").wait(60) == 0
    web = composed.start("web")
    assert web.wait(20) == 2
    assert "password_needed" in (composed._folder / "web.log").read_text()


def test_every_service_waits_for_what_it_needs() -> None:
    file = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
    services = file["services"]
    assert set(services) == {
        "setup",
        "web",
        "worker",
        "live",
        "trainer",
        "tick",
        "watcher",
        "postgres",
        "valkey",
    }
    for name in ("web", "worker", "live", "trainer", "tick", "watcher"):
        assert services[name]["depends_on"]["setup"]["condition"] == "service_completed_successfully"
        assert services[name]["depends_on"]["valkey"]["condition"] == "service_healthy"
    assert "--appendonly" in services["valkey"]["command"]
    assert services["web"]["ports"] == ["127.0.0.1:8765:8765"]
    assert not any(
        "password" in str(value).lower() and "_FILE" not in key
        for name in services
        for key, value in services[name].get("environment", {}).items()
    )
