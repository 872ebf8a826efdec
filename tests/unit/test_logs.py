"""Logs of services are one JSON object a line, and a traceback is part of it."""

import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from core.logs import set_up_logs
from core.settings import Settings


@pytest.fixture
def json_logs(capsys: pytest.CaptureFixture[str]) -> Iterator[None]:
    root = logging.getLogger()
    before = root.handlers, root.level
    set_up_logs(Settings(log_format="json"))
    yield
    root.handlers, root.level = before
    structlog.reset_defaults()
    logging.captureWarnings(False)


def test_a_traceback_is_a_field_of_the_line(json_logs: None, capsys: pytest.CaptureFixture[str]) -> None:
    secret = "never in a log"
    for log in (structlog.get_logger(), logging.getLogger("library")):
        try:
            raise ValueError(f"odd, {len(secret)}")
        except ValueError:
            log.exception("it_failed")
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert len(lines) == 2
    for line in lines:
        assert line["event"] == "it_failed" and line["level"] == "error"
        assert "Traceback" in line["exception"] and "ValueError: odd, 14" in line["exception"]
        assert secret not in json.dumps(line)
