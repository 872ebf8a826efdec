"""What the jobs of a run read: folders of photos, and web servers, of which one drips."""

import threading
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Self

from benchmarks.camera_photos import make_photos
from benchmarks.chaos.size import Size
from benchmarks.dripping_server import DrippingServer

#: Folders of the imported set; their names are labels.
_CLASSES = ("with_mask", "without_mask")


@dataclass(frozen=True, kw_only=True)
class Photos:
    """Folders of photos that have one face each; no two photos are the same."""

    predicted: Path
    imported: Path
    crawled: Path


def make_inputs(folder: Path, size: Size, seed: int) -> Photos:
    """Draw the photos of a run."""
    seed *= 10
    imported = folder / "imported"
    for number, name in enumerate(_CLASSES):
        make_photos(imported / name, size.imported // len(_CLASSES), seed + number)
    return Photos(
        predicted=make_photos(folder / "predicted", size.predicted, seed + 8),
        imported=imported,
        crawled=make_photos(folder / "crawled", size.crawled, seed + 9),
    )


class Site:
    """Context manager: a page that shows the pictures of a folder, and some of a server that drips.

    Both listen on this address of the machine.
    """

    def __init__(self, folder: Path, size: Size, *, address: str = "127.0.0.1") -> None:
        self._dripping = DrippingServer(host=address, most_seconds=size.drip_seconds)
        self._server = ThreadingHTTPServer((address, 0), _Handler)
        self._address, self._server.daemon_threads = address, True
        ways = ("body", "headers")
        #: Addresses of pictures that never arrive whole.
        self.dripping = [
            f"{self._dripping.address}/{ways[number % 2]}/{number}.jpg" for number in range(size.dripping)
        ]
        self.pictures = [f"http://{self.host}/{path.name}" for path in sorted(folder.iterdir())]
        page = "".join(f'<img src="{address}">' for address in (*self.dripping, *self.pictures))
        self._server.files = {f"/{path.name}": path for path in folder.iterdir()}  # type: ignore[attr-defined]
        self._server.page = f"<html><body>{page}</body></html>".encode()  # type: ignore[attr-defined]

    @property
    def host(self) -> str:
        """Where the page and its pictures are."""
        return f"{self._address}:{self._server.server_port}"

    @property
    def page(self) -> str:
        """The address of the page."""
        return f"http://{self.host}/index.html"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.1,), daemon=True).start()
        self._dripping.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._dripping.__exit__(kind, error, trace)
        self._server.shutdown()
        self._server.server_close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 20

    def do_GET(self) -> None:
        """Answer with the page or a picture; there is no robots.txt."""
        files: dict[str, Path] = self.server.files  # type: ignore[attr-defined]
        if self.path == "/index.html":
            self._send(self.server.page, "text/html")  # type: ignore[attr-defined]
        elif self.path in files:
            self._send(files[self.path].read_bytes(), "image/jpeg")
        else:
            self._send(b"", "text/plain", status=404)

    def _send(self, body: bytes, kind: str, *, status: int = 200) -> None:
        try:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
        except OSError:
            # The worker was killed.
            self.close_connection = True

    def log_message(self, *_: object) -> None:
        """Log nothing."""
