"""Stores of Google and Microsoft: their packages tell a missing bucket and faults in their own ways."""

import asyncio
from collections.abc import Callable
from types import SimpleNamespace

import pytest

from core.errors import MaskloopError
from core.storage import calls, clients
from core.storage.address import StoreAddress
from core.storage.objects import ObjectFolder


class Files:
    """A file system of fsspec in which nothing is; `bucket` says what a look at the bucket raises."""

    def __init__(self, bucket: Exception | None) -> None:
        self.bucket, self.looks = bucket, 0
        self.service_client = SimpleNamespace(_pipeline=SimpleNamespace(_impl_policies=()))

    def info(self, path: str) -> dict[str, str]:
        if "/" in path:
            raise FileNotFoundError(path)
        self.looks += 1
        if self.bucket is not None:
            raise self.bucket
        return {"type": "directory"}

    def ls(self, path: str, **_options: object) -> list[object]:
        return []

    def sign(self, path: str, **_options: object) -> str:
        raise AttributeError("you need a private key to sign credentials")

    cat_file = rm_file = info


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> Callable[[Exception | None], tuple[ObjectFolder, Files]]:
    def use(bucket: Exception | None) -> tuple[ObjectFolder, Files]:
        files = Files(bucket)
        monkeypatch.setattr(clients, "_seen", {})
        monkeypatch.setitem(clients._OPEN, "az", lambda _endpoint: files)
        return ObjectFolder(StoreAddress(protocol="az", bucket="bucket", prefix="files")), files

    return use


def test_a_missing_bucket_is_no_missing_object(
    opened: Callable[[Exception | None], tuple[ObjectFolder, Files]],
) -> None:
    """Otherwise a mistyped container would look as if all photos had been deleted."""
    objects, _ = opened(FileNotFoundError("bucket"))
    for action in (
        lambda: objects.find("a"), lambda: objects.read("a"), lambda: objects.delete("a"),
        objects.list_folder,
    ):  # fmt: skip
        with pytest.raises(MaskloopError) as caught:
            action()
        assert caught.value.code == "storage_bucket_missing"


@pytest.mark.parametrize("bucket", [None, PermissionError("it may not be looked at")])
def test_a_bucket_that_is_there_is_looked_at_once(
    opened: Callable[[Exception | None], tuple[ObjectFolder, Files]], bucket: Exception | None
) -> None:
    objects, files = opened(bucket)
    assert objects.find("a") is None and objects.find("b") is None
    assert objects.list_folder() == ([], []) and objects.delete("a") is None
    assert files.looks == 1


def test_credentials_that_cannot_sign_make_no_link(
    opened: Callable[[Exception | None], tuple[ObjectFolder, Files]],
) -> None:
    """Then the web server sends the bytes."""
    objects, _ = opened(None)
    assert objects.link("a", seconds=60, name="a", media_type="text/csv") is None


@pytest.mark.parametrize(
    ("protocol", "name", "kind"),
    [("gs", "response_disposition", "response_type"), ("az", "content_disposition", "content_type")],
)
def test_a_link_names_the_download_in_the_words_of_each_package(
    monkeypatch: pytest.MonkeyPatch, protocol: str, name: str, kind: str
) -> None:
    asked: dict[str, object] = {}
    files = SimpleNamespace(sign=lambda path, **options: asked.update(options) or f"https://{path}")
    monkeypatch.setitem(clients._OPEN, protocol, lambda _endpoint: files)
    objects = ObjectFolder(StoreAddress(protocol=protocol, bucket="bucket"))
    assert objects.link("a", seconds=60, name="job-1-faces.csv", media_type="text/csv") == "https://bucket/a"
    assert asked == {"expiration": 60, name: 'attachment; filename="job-1-faces.csv"', kind: "text/csv"}


def _error(module: str, **values: object) -> Exception:
    kind = type("SomeError", (Exception,), {"__module__": module})
    error: Exception = kind("said")
    vars(error).update(values)
    return error


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (_error("gcsfs.retry", code=401), "storage_denied"),
        (_error("gcsfs.retry", code=503), "storage_unavailable"),
        (_error("azure", error_code="ContainerNotFound", status_code=404), "storage_bucket_missing"),
        # An answer that was cut; its 400 is not one of the store.
        (_error("aiohttp.http_exceptions", code=400), "storage_unavailable"),
        (clients.Refused("Bad Request"), "storage_refused"),
        (PermissionError("Forbidden: b/bucket/o"), "storage_denied"),
    ],
)  # fmt: skip
def test_errors_of_the_packages_have_our_codes(
    monkeypatch: pytest.MonkeyPatch, error: Exception, code: str
) -> None:
    monkeypatch.setattr(calls, "_PAUSES", ())

    def fail() -> None:
        raise error

    with pytest.raises(MaskloopError) as caught:
        calls.call("gs://bucket", fail)
    assert caught.value.code == code


async def _raise(error: Exception) -> None:
    raise error


@pytest.mark.parametrize(
    ("raised", "told"),
    [
        (OSError("Forbidden: b/bucket/o"), PermissionError),
        (ValueError("Bad Request: invalid"), clients.Refused),
        (FileNotFoundError("b/bucket/o/key"), FileNotFoundError),
        (ConnectionResetError(104, "reset"), ConnectionResetError),
    ],
)
def test_answers_that_gcsfs_tells_by_words_get_types(raised: Exception, told: type[Exception]) -> None:
    with pytest.raises(told):
        asyncio.run(clients._named(_raise)(raised))
