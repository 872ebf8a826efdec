"""A large file is uploaded by tus; its connection is cut and the server killed: python -m benchmarks.upload

Starts a web server on a scratch folder, sends a file of `--gigabytes` in one request, cuts the connection at
a third, kills the serving process at two thirds, and goes on each time where the server says. Prints how long
it took, how many bytes were sent twice, and the most memory that the serving processes had.
"""

import argparse
import base64
import hashlib
import http.client
import json
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psutil

from benchmarks.servers import free_port
from core.accounts import ensure_owner
from core.api_tokens import add_token
from core.database import Database
from core.settings import Settings
from models import Base, Scope

_PIECE = 1 << 20
_TYPE = "application/offset+octet-stream"
#: How often memory is looked at, in seconds.
_LOOKS = 0.05


class Memory(threading.Thread):
    """The most memory of the server's processes, looked at again and again."""

    def __init__(self, server: psutil.Process) -> None:
        super().__init__(daemon=True)
        self._server, self.most, self.before = server, 0, 0

    def run(self) -> None:
        """Until the program ends."""
        while True:
            try:
                sizes = [process.memory_info().rss for process in self._server.children()]
                self.most = max(self.most, *sizes, 0)
            except psutil.Error:
                pass
            self.before = self.before or self.most
            time.sleep(_LOOKS)


class Sender:
    """Sends the bytes of a file that is made as it is sent; `sent` counts those of all requests."""

    def __init__(self, port: int, secret: str, size: int) -> None:
        self._port, self._size, self.sent, self.address = port, size, 0, ""
        self._headers = {"Authorization": f"Bearer {secret}", "Tus-Resumable": "1.0.0"}

    def ask(self, method: str, address: str, body: bytes | None = None, **headers: str) -> dict[str, str]:
        """The headers of a good answer, and its body as `body`."""
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=600)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, address, body=body, headers=self._headers | named)
        answer = connection.getresponse()
        text = answer.read().decode()
        connection.close()
        if answer.status >= 300:
            raise ConnectionError(f"{answer.status} {text}")
        return dict(answer.headers) | {"body": text}

    def begin(self) -> None:
        """Open an upload and begin its file."""
        made = json.loads(self.ask("POST", "/api/v1/uploads", b"{}", Content_Type="application/json")["body"])
        metadata = f"filename {base64.b64encode(b'photos.zip').decode()}"
        files = f"/api/v1/uploads/{made['id']}/files"
        begun = self.ask("POST", files, Upload_Length=str(self._size), Upload_Metadata=metadata)
        self.address = begun["Location"]

    def offset(self) -> int:
        """How much has arrived, as soon as a server answers."""
        while True:
            try:
                return int(self.ask("HEAD", self.address)["Upload-Offset"])
            except (OSError, http.client.HTTPException):
                time.sleep(0.2)

    def send(self, offset: int, until: int) -> http.client.HTTPConnection:
        """Begin to send the rest in one request, and stop at `until`; the caller closes the connection."""
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=600)
        connection.putrequest("PATCH", self.address)
        fields = {
            "Upload-Offset": str(offset),
            "Content-Type": _TYPE,
            "Content-Length": str(self._size - offset),
        }
        for name, value in (self._headers | fields).items():
            connection.putheader(name, value)
        connection.endheaders()
        for piece in pieces(offset, until):
            connection.send(piece)
            self.sent += len(piece)
        if until == self._size:
            answer = connection.getresponse()
            if answer.status != 204:
                raise ConnectionError(answer.status)
        return connection


def pieces(offset: int, until: int) -> Iterator[bytes]:
    """The bytes of the file between two offsets."""
    while offset < until:
        number, begin = divmod(offset, _PIECE)
        piece = (number.to_bytes(8, "big") * (_PIECE // 8))[begin : begin + until - offset]
        yield piece
        offset += len(piece)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--gigabytes", type=float, default=5.0)
    parser.add_argument("--folder", type=Path, default=None, help="on the disk to measure")
    given = parser.parse_args()
    size = int(given.gigabytes * 1e9)
    with tempfile.TemporaryDirectory(prefix="maskloop-upload-", dir=given.folder) as folder:
        settings = Settings(data=Path(folder), port=free_port(), broker_url="redis://127.0.0.1:1")
        database = Database(settings.sql_url)
        Base.metadata.create_all(database.engine)
        with database.write() as rows:
            secret = add_token(rows, ensure_owner(rows), name="x", scopes=[Scope.SUBMIT], days=1)[1]
        database.dispose()
        code = "from web.server import main; main()"
        server = subprocess.Popen(
            [sys.executable, "-c", code], env=settings.to_child_env(), stderr=subprocess.DEVNULL
        )
        try:
            _measure(Sender(settings.port, secret, size), psutil.Process(server.pid), size)
        finally:
            server.kill()
            server.wait()


def _measure(sender: Sender, server: psutil.Process, size: int) -> None:
    while True:
        try:
            sender.begin()
            break
        except OSError:
            time.sleep(0.2)
    memory = Memory(server)
    memory.start()
    began = time.perf_counter()
    sender.send(0, size // 3).close()
    cut = _settled(sender)
    connection = sender.send(cut, 2 * size // 3)
    server.children()[0].kill()
    connection.close()
    killed = sender.offset()
    sender.send(killed, size).close()
    taken = time.perf_counter() - began
    file = json.loads(sender.ask("GET", sender.address)["body"])
    digest = hashlib.sha256()
    for piece in pieces(0, size):
        digest.update(piece)
    print(f"{size / 1e9:g} GB in {taken:.0f} s, {size / taken / 1e6:.0f} MB/s, with two interruptions")
    print(f"after the cut {cut:,} bytes had arrived, after the kill {killed:,}")
    print(f"sent twice: {(sender.sent - size) / 1e6:.1f} MB")
    before, most = memory.before / 2**20, memory.most / 2**20
    print(f"memory of the serving process: {before:.0f} MiB before, at most {most:.0f} MiB")
    print(f"complete and the same bytes: {file['complete'] and file['sha256'] == digest.hexdigest()}")


def _settled(sender: Sender) -> int:
    """The offset once the server has seen that the connection is gone."""
    before = -1
    while (offset := sender.offset()) != before or not offset:
        before = offset
        time.sleep(1)
    return offset


if __name__ == "__main__":
    main()
