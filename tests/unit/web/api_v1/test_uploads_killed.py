"""A real server whose connections are cut and whose process is killed while a file arrives."""

import base64
import hashlib
import http.client
import json
import random
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from core.database import Database
from core.settings import Settings
from models import Scope
from tests.unit.web.api_v1.calling import new_token
from tests.unit.web.raw_http import START, connect, server_process
from web.tus.headers import CONTENT_TYPE

#: Notes what the disk has as often as a file of some MiB needs it.
_NOTING = "import core.library.resumable.partial_file as p; p._SYNC_EVERY = 1 << 20; "
_MIB = 1 << 20
_DATA = random.Random(7).randbytes(12 * _MIB)


class _Client:
    """A program that sends a file over connections of its own."""

    def __init__(self, port: int, secret: str) -> None:
        self._port = port
        self._headers = {"Authorization": f"Bearer {secret}", "Tus-Resumable": "1.0.0"}
        self.address = ""

    def ask(
        self, method: str, address: str, body: bytes | None = None, **headers: str
    ) -> tuple[int, dict[str, str], bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=30)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        try:
            connection.request(method, address, body=body, headers=self._headers | named)
            answer = connection.getresponse()
            return answer.status, dict(answer.headers), answer.read()
        finally:
            connection.close()

    def begin(self) -> None:
        _, _, body = self.ask("POST", "/api/v1/uploads", b"{}", Content_Type="application/json")
        metadata = f"filename {base64.b64encode(b'photos.zip').decode()}"
        status, headers, _ = self.ask(
            "POST",
            f"/api/v1/uploads/{json.loads(body)['id']}/files",
            Upload_Length=str(len(_DATA)),
            Upload_Metadata=metadata,
        )
        assert status == 201
        self.address = headers["Location"]

    def offset(self) -> int | None:
        """Bytes that have arrived; None while no server answers."""
        try:
            status, headers, _ = self.ask("HEAD", self.address)
        except (OSError, http.client.HTTPException):
            return None
        assert status == 200
        return int(headers["Upload-Offset"])

    def patch(self, offset: int, body: bytes) -> int:
        return self.ask("PATCH", self.address, body, Upload_Offset=str(offset), Content_Type=CONTENT_TYPE)[0]

    def half(self, offset: int) -> bytes:
        """The header of a request that announces all bytes that are left."""
        headers = self._headers | {
            "Host": "127.0.0.1",
            "Upload-Offset": str(offset),
            "Content-Type": CONTENT_TYPE,
            "Content-Length": str(len(_DATA) - offset),
        }
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        return f"PATCH {self.address} HTTP/1.1\r\n{lines}\r\n".encode()


def _wait(look: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + 40
    while not look():
        assert time.monotonic() < deadline, what
        time.sleep(0.05)


@pytest.mark.slow
def test_a_file_survives_a_cut_connection_and_a_killed_server(tmp_path: Path) -> None:
    with server_process(tmp_path, _NOTING + START) as (port, worker):
        database = Database(Settings(data=tmp_path).sql_url)
        client = _Client(port, new_token(database, Scope.SUBMIT))
        database.dispose()
        client.begin()
        with connect(port, client.half(0)) as cut:
            cut.sendall(_DATA[: 5 * _MIB + 321])
        _wait(lambda: client.offset() == 5 * _MIB + 321, "what arrived before the cut stays")
        start = 5 * _MIB + 321
        with connect(port, client.half(start)) as killed:
            killed.sendall(_DATA[start : start + 4 * _MIB])
            _wait(lambda: (client.offset() or 0) >= start + 3 * _MIB, "what arrives is noted")
            assert client.patch(start, b"another writer") == 423
            arbiter = psutil.Process(worker.pid).parent()
            worker.kill()
            assert arbiter is not None
            _wait(lambda: worker.pid not in [p.pid for p in arbiter.children()], "the process has ended")
        _wait(lambda: client.offset() is not None, "the next process answers")
        reached = client.offset() or 0
        assert start + 3 * _MIB <= reached <= start + 4 * _MIB
        assert client.patch(reached, _DATA[reached:]) == 204
        file = json.loads(client.ask("GET", client.address)[2])
        assert (file["complete"], file["sha256"]) == (True, hashlib.sha256(_DATA).hexdigest())
        stored = tmp_path / "photos" / file["sha256"][:2] / file["sha256"][2:4] / file["sha256"]
        assert stored.read_bytes() == _DATA
