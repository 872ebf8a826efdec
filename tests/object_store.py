"""An S3 service of our own over real HTTP, and one that fails on demand before it."""

import threading
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count

import pytest

from benchmarks.store_proxy import Forwarding, ForwardingServer
from core.settings import Settings
from core.storage.address import StoreAddress
from core.storage.objects import ObjectFolder

_numbers = count()


class ObjectStore:
    """moto's server in a thread; every test takes a bucket of its own."""

    def __init__(self) -> None:
        from moto.server import ThreadedMotoServer

        self._server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
        self._server.start()
        host, port = self._server.get_host_and_port()
        self.endpoint = f"http://{host}:{port}"

    def stop(self) -> None:
        self._server.stop()

    def bucket(self) -> ObjectFolder:
        """A new bucket with a prefix."""
        address = StoreAddress(protocol="s3", bucket=f"maskloop-{next(_numbers)}", prefix="files")
        self.send("PUT", f"/{address.bucket}")
        return ObjectFolder(address, endpoint=self.endpoint)

    def settings(self, settings: Settings) -> Settings:
        """The same settings with a bucket of this store."""
        return settings.with_changes(files=str(self.bucket().address), files_endpoint=self.endpoint)

    def send(self, method: str, path: str, data: bytes = b"") -> bytes:
        request = urllib.request.Request(
            self.endpoint + path, method=method, data=data or None, headers={"Content-Type": "text/plain"}
        )
        with urllib.request.urlopen(request) as answer:
            return bytes(answer.read())

    def objects_in(self, objects: ObjectFolder) -> dict[str, bytes]:
        """Everything in a bucket below the prefix, by key."""
        return {each.key: objects.read(each.key) for each in objects.walk()}

    @contextmanager
    def with_accounts(self) -> Iterator[None]:
        """Credentials count meanwhile: those of the tests belong to nobody."""
        self.send("POST", "/moto-api/reset-auth", b"0")
        try:
            yield
        finally:
            self.send("POST", "/moto-api/reset-auth", b"inf")


class FaultyStore:
    """Passes requests on to a store, but for those that `faults` says something about."""

    def __init__(self, store: ObjectStore) -> None:
        self.faults: list[str] = []
        self.seen: list[str] = []
        #: Set by a test to let requests go on that "wait" holds.
        self.go_on = threading.Event()
        self.arrived = threading.Event()
        outer = self

        class Handler(_Forward):
            faulty = outer
            target = store.endpoint.removeprefix("http://")

        self._server = ForwardingServer(("127.0.0.1", 0), Handler)
        self.endpoint = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})
        self._thread.start()

    def stop(self) -> None:
        self.go_on.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def before(self, objects: ObjectFolder) -> ObjectFolder:
        """The same objects, reached through this."""
        return ObjectFolder(objects.address, endpoint=self.endpoint)


class _Forward(Forwarding):
    faulty: FaultyStore

    def answer(self, body: bytes) -> None:
        self.faulty.seen.append(f"{self.command} {self.path}")
        fault = self.faulty.faults.pop(0) if self.faulty.faults else ""
        if fault.isdecimal():
            self.reply(int(fault), b"<Error><Code>InternalError</Code></Error>", {})
        elif fault == "cut":
            self.close_connection = True
        else:
            if fault == "wait":
                self.faulty.arrived.set()
                self.faulty.go_on.wait(30)
            self.pass_on(body)


@pytest.fixture(scope="session")
def object_store() -> Iterator[ObjectStore]:
    """A store whose buckets take any credentials."""
    pytest.importorskip("moto.server")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ACCESS_KEY_ID", "tests")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "tests-secret-key")
        patch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        store = ObjectStore()
        yield store
        store.stop()


@pytest.fixture
def objects(object_store: ObjectStore) -> ObjectFolder:
    """An empty bucket with a prefix."""
    return object_store.bucket()


@pytest.fixture
def faulty(object_store: ObjectStore) -> Iterator[FaultyStore]:
    """A store that fails on demand."""
    store = FaultyStore(object_store)
    yield store
    store.stop()
