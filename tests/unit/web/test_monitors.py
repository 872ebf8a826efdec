"""What monitors read: whether the process lives and is ready, and metrics of the whole service."""

import threading

import pytest
import structlog
from flask import Flask
from flask.testing import FlaskClient
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_openmetrics
from prometheus_client.parser import text_string_to_metric_families
from structlog.testing import capture_logs

import web.system.scrape
from benchmarks.servers import RedisServer
from core.accounts import account_named, add_account
from core.api_tokens import add_token
from core.database import Database
from core.errors import PermanentError
from core.jobs.claim import claim_batch
from core.live.seats import Seats
from core.settings import Settings
from models import Job, JobState, Role, Scope
from tests.rows import add_predict_job
from tests.unit.web.conftest import Browser
from tests.unit.web.test_system import _set
from web.camera.connection import CAMERAS
from web.extension import Maskloop
from web.request_counts import new_request_counts, write_counts
from web.system.health import forget_shared_health
from web.system.metrics import SharedScrape
from workers.lease_keeper import LeaseKeeper

_SECRET = "a secret of monitors"


@pytest.fixture
def opened(app: Flask) -> Flask:
    """An app whose metrics open to a secret."""
    _set(app, metrics_token=_SECRET)
    forget_shared_health()
    return app


def read(app: Flask, accept: str = "") -> dict[str, dict[tuple, float]]:
    """The metrics as Prometheus' own parser reads them: samples by name, each by its labels."""
    app.extensions["scrape"] = SharedScrape()
    headers = {"Authorization": f"Bearer {_SECRET}", "Accept": accept}
    answer = app.test_client().get("/metrics", headers=headers)
    assert answer.status_code == 200, answer.text
    parse = parse_openmetrics if "openmetrics" in answer.content_type else text_string_to_metric_families
    found: dict[str, dict[tuple, float]] = {}
    for family in parse(answer.text):
        found.setdefault(family.name, {})
        for sample in family.samples:
            labels = tuple(sorted(sample.labels.items()))
            found.setdefault(sample.name, {})[labels] = sample.value
    return found


def test_a_process_lives_without_its_database_and_is_not_ready(app: Flask, stranger: FlaskClient) -> None:
    assert (stranger.get("/livez").status_code, stranger.get("/readyz").status_code) == (200, 200)
    extension: Maskloop = app.extensions["maskloop"]
    away = Database("postgresql+psycopg://nobody@127.0.0.1:1/none")
    app.extensions["maskloop"] = Maskloop(database=away, settings=extension.settings)
    assert stranger.get("/livez").status_code == 200
    answer = stranger.get("/readyz")
    assert (answer.status_code, answer.text) == (503, "The database does not answer.\n")
    app.extensions["maskloop"] = extension


def test_tables_of_an_older_release_are_not_ready(
    app: Flask, database: Database, stranger: FlaskClient
) -> None:
    for version, status in (("0001", 503), ("9999", 200)):
        with database.write() as session:
            session.connection().exec_driver_sql("DROP TABLE IF EXISTS alembic_version")
            session.connection().exec_driver_sql("CREATE TABLE alembic_version (version_num TEXT)")
            session.connection().exec_driver_sql(f"INSERT INTO alembic_version VALUES ('{version}')")
        assert stranger.get("/readyz").status_code == status


def test_probes_name_any_host_and_metrics_do_not(opened: Flask, stranger: FlaskClient) -> None:
    pod = {"Host": "10.1.2.3:8765"}
    assert stranger.get("/livez", headers=pod).status_code == 200
    assert stranger.get("/readyz", headers=pod).status_code == 200
    headers = pod | {"Authorization": f"Bearer {_SECRET}"}
    assert stranger.get("/metrics", headers=headers).status_code == 400


def test_metrics_open_to_secrets_and_to_nobody_else(
    opened: Flask, database: Database, browser: Browser, stranger: FlaskClient
) -> None:
    with database.write() as rows:
        add_account(rows, "ann", Role.REVIEWER)
        secrets = {
            scope: add_token(rows, account_named(rows, name), name="t", scopes=[scope], days=1)[1]
            for name, scope in (("owner", Scope.READ), ("owner", Scope.SUBMIT), ("ann", Scope.REVIEW))
        }
    expected = {secrets[Scope.READ]: 200, secrets[Scope.SUBMIT]: 401, secrets[Scope.REVIEW]: 401}
    expected |= {_SECRET: 200, _SECRET[:-1]: 401, "": 401}
    for secret, status in expected.items():
        headers = {"Authorization": f"Bearer {secret}"}
        assert stranger.get("/metrics", headers=headers).status_code == status
    assert stranger.get("/metrics").status_code == 401
    assert browser.get("/metrics").status_code == 401, "a cookie is no token"


def test_allowed_networks_need_no_token(app: Flask, stranger: FlaskClient) -> None:
    def status(address: str) -> int:
        return stranger.get("/metrics", environ_base={"REMOTE_ADDR": address}).status_code

    assert status("127.0.0.1") == 401, "nobody reads them by an address alone unless a setting says so"
    _set(app, metrics_networks="10.0.0.0/8, fd00::/8")
    allowed = ("10.9.8.7", "::ffff:10.9.8.7", "fd00::1")
    assert [status(address) for address in allowed] == [200, 200, 200]
    assert [status(address) for address in ("11.0.0.1", "127.0.0.1", "::1", "")] == [401] * 4


@pytest.mark.parametrize("accept", ["", "application/openmetrics-text; version=1.0.0"])
def test_jobs_and_batches_are_told(opened: Flask, database: Database, accept: str) -> None:
    job_id = add_predict_job(database, photos=70, batch_photos=32)
    found = read(opened, accept)
    assert found["maskloop_jobs"][("kind", "predict"), ("state", "waiting")] == 1
    assert found["maskloop_batches"][("stage", "predict"), ("state", "waiting")] == 3
    assert found["maskloop_oldest_waiting_seconds"][()] > 0
    assert found["maskloop_processes"][(("part", "worker"),)] == 0
    assert found["maskloop_disk_free_bytes"][()] > 0
    assert found["maskloop_check_ok"][(("check", "database"),)] == 1
    with database.write() as session:
        session.get_one(Job, job_id).state = JobState.PAUSED
    assert read(opened)["maskloop_oldest_waiting_seconds"][()] == 0, "a paused job waits for a person"


def test_requests_of_all_web_processes_are_told(
    opened: Flask, database: Database, stranger: FlaskClient
) -> None:
    """The counters of a second process come by the database, whichever of the two is asked."""
    stranger.get("/sign-in")
    stranger.open("/nowhere", method="BREW")
    stranger.get(opened.url_map.bind("localhost").build("static", {"filename": "css/page.css"})).close()
    write_counts(database, opened.extensions["request_counts"])
    opened.extensions["request_counts"] = new_request_counts()
    stranger.get("/sign-in")
    write_counts(database, opened.extensions["request_counts"])
    counts = read(opened)["maskloop_http_request_duration_seconds_count"]
    assert counts[("method", "GET"), ("route", "/sign-in"), ("status", "2xx")] == 2
    assert counts[("method", "OTHER"), ("route", ""), ("status", "4xx")] == 1
    assert counts[("method", "GET"), ("route", "/static"), ("status", "2xx")] == 1


def test_scrapes_within_a_second_share_one_answer(opened: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    real = web.system.scrape.read_metrics
    monkeypatch.setattr(web.system.scrape, "read_metrics", lambda rows: asked.append(1) or real(rows))
    monkeypatch.setattr("web.system.metrics.time.monotonic", lambda: 1000.0)
    read(opened)
    for _ in range(3):
        headers = {"Authorization": f"Bearer {_SECRET}"}
        assert opened.test_client().get("/metrics", headers=headers).status_code == 200
    assert len(asked) == 1


def test_a_database_that_is_away_leaves_the_rest(opened: Flask, database: Database) -> None:
    extension: Maskloop = opened.extensions["maskloop"]
    away = Database("postgresql+psycopg://nobody@127.0.0.1:1/none")
    opened.extensions["maskloop"] = Maskloop(database=away, settings=extension.settings)
    found = read(opened)
    assert found["maskloop_check_ok"][(("check", "database"),)] == 0
    assert found["maskloop_healthy"][()] == 0 and found["maskloop_disk_free_bytes"][()] > 0
    assert "maskloop_jobs" not in found
    opened.extensions["maskloop"] = extension


def test_every_line_of_a_request_has_its_id(app: Flask, stranger: FlaskClient) -> None:
    forget_shared_health()
    with capture_logs(processors=[structlog.contextvars.merge_contextvars]) as logs:
        # The broker is asked in a thread of its own.
        answer = stranger.get("/health", headers={"X-Request-ID": "from-the-proxy.1"})
        answer.close()
        other = stranger.get("/nowhere", headers={"X-Request-ID": "two words\u00e9"})
        other.close()
    assert answer.headers["X-Request-ID"] == "from-the-proxy.1"
    made = other.headers["X-Request-ID"]
    assert len(made) == 32 and made.isalnum(), "an id that a log could misread is replaced"
    assert {log["event"] for log in logs} >= {"unhealthy", "request"}
    assert {log["request"] for log in logs} == {"from-the-proxy.1", made}
    assert "request" not in structlog.contextvars.get_contextvars()


def test_threads_of_a_batch_keep_its_ids(opened: Flask, database: Database) -> None:
    add_predict_job(database, photos=1, batch_photos=1)
    with database.write() as session:
        claim = claim_batch(session, worker="w:1", lease_seconds=2, kinds=["predict"])
    assert claim is not None
    seen, renewed = {}, threading.Event()

    def on_renew() -> None:
        seen.update(structlog.contextvars.get_contextvars())
        renewed.set()

    with (
        structlog.contextvars.bound_contextvars(job=claim.job_id, batch=claim.batch_id),
        LeaseKeeper(
            database, claim, lease_seconds=1, stuck_seconds=60, on_stuck=lambda: None, on_renew=on_renew
        ),
    ):
        assert renewed.wait(10)
    assert (seen["job"], seen["batch"]) == (claim.job_id, claim.batch_id)


def test_secrets_of_settings_are_not_shown_where_they_are_refused() -> None:
    with pytest.raises(PermanentError) as refused:
        Settings(metrics_token="too-short")
    assert "too-short" not in refused.value.message and "16 characters" in refused.value.message
    with pytest.raises(PermanentError, match="METRICS_NETWORKS"):
        Settings(metrics_networks="10.0.0.1/8")


def test_cameras_are_counted_over_all_web_processes(opened: Flask, redis_server: RedisServer) -> None:
    """Two that another process holds count; without the broker nothing is said of them."""
    assert "maskloop_cameras_open" not in read(opened)
    settings = Settings(broker_url=f"{redis_server.url[:-1]}3")
    for _ in range(2):
        assert Seats(settings).take(CAMERAS, most=8) is not None
    opened.extensions["seats"] = Seats(settings)
    assert read(opened)["maskloop_cameras_open"] == {(): 2.0}
