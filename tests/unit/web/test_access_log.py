"""Every request leaves a record, without the secrets that stand in addresses."""

from flask.testing import FlaskClient
from structlog.testing import capture_logs

from tests.unit.web.conftest import Browser


def test_a_request_is_logged_with_its_account(browser: Browser) -> None:
    with capture_logs() as logs:
        browser.get("/jobs/99?words=private")
    record = next(log for log in logs if log["event"] == "request")
    assert (record["method"], record["address"], record["status"]) == ("GET", "/jobs/99", 404)
    assert record["account"] == "owner" and record["milliseconds"] >= 0
    assert "private" not in str(logs)


def test_the_secret_of_a_link_is_not_logged(stranger: FlaskClient) -> None:
    with capture_logs() as logs:
        stranger.get("/sign-in/very-secret")
    assert "/sign-in/<secret>" in str(logs) and "very-secret" not in str(logs)


def test_what_is_asked_all_the_time_is_logged_where_it_fails(browser: Browser, stranger: FlaskClient) -> None:
    with capture_logs() as logs:
        browser.get("/schedules", headers={"Maskloop-Live": "1"})
        browser.get("/schedules/99", headers={"Maskloop-Live": "1"})
        stranger.get("/health")
    found = [(log["address"], log["status"]) for log in logs if log["event"] == "request"]
    assert found == [("/schedules/99", 404), ("/health", 503)]


def test_answers_of_the_api_say_how_long_they_took(stranger: FlaskClient) -> None:
    assert stranger.get("/api/v1/jobs").headers["Server-Timing"].startswith("app;dur=")
    assert "Server-Timing" not in stranger.get("/sign-in").headers
