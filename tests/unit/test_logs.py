"""Logs of services are one JSON object a line, and a traceback is part of it."""

import json
import subprocess
import sys

from core.settings import Settings

_PROGRAM = """
import logging, structlog
from core.logs import set_up_logs
from core.settings import Settings

set_up_logs(Settings.from_env())

def fail(secret):
    raise ValueError(f"odd, {len(secret)}")

for log in (structlog.get_logger(), logging.getLogger("library")):
    try:
        fail("".join(["never in", " a log"]))
    except ValueError:
        log.exception("it_failed")
"""


def test_a_traceback_is_a_field_of_the_line() -> None:
    environment = Settings(log_format="json").to_child_env()
    ended = subprocess.run(
        [sys.executable, "-c", _PROGRAM], env=environment, capture_output=True, text=True, check=True
    )
    lines = [json.loads(line) for line in ended.stderr.splitlines()]
    assert len(lines) == 2
    for line in lines:
        assert line["event"] == "it_failed" and line["level"] == "error"
        assert "Traceback" in line["exception"] and "ValueError: odd, 14" in line["exception"]
        assert "never in a log" not in json.dumps(line), "local variables may be secrets"
