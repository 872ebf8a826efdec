"""`python -m benchmarks.stores gs ADDRESS`: what the service does with objects, and how faults are named.

ADDRESS is that of an emulator, for `az` with the account of Azurite. A new bucket is made there. Each row
says how long one step took; the exit status is 1 if any was not as it should be.
"""

import argparse
import json
import logging
import secrets
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from functools import partial
from itertools import chain
from pathlib import Path
from urllib.parse import urlsplit

from pytest import MonkeyPatch

from benchmarks.store_proxy import StoreFault, StoreProxy
from core.errors import MaskloopError
from core.storage.address import StoreAddress
from core.storage.calls import limit_tries
from core.storage.clients import READ_SECONDS, open_client
from core.storage.objects import ObjectFolder

_DATA = bytes(range(256)) * 1000
#: Every Azurite has it.
_AZURITE_KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
_ODD = "a/street 1 #2 100% é+&=~.jpg"
_FAILS = {
    StoreFault.ERROR: "storage_unavailable",
    StoreFault.BUSY: "storage_unavailable",
    StoreFault.REFUSED: "storage_unavailable",
    StoreFault.CUT: "storage_unavailable",
    StoreFault.SILENT: "storage_unavailable",
    StoreFault.SLOW: "",
}

#: A step is well if it raises nothing and does not return False.
Step = tuple[str, Callable[[], object]]


def main() -> int:
    """Print the table; 1 if anything was wrong."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.stores", description=__doc__)
    parser.add_argument("protocol", choices=("s3", "gs", "az"))
    parser.add_argument("endpoint", help="such as http://127.0.0.1:9023")
    given = parser.parse_args()
    # Packages write a trace for each failure, of which there are many here.
    logging.disable(logging.WARNING)
    bucket = f"maskloop-{secrets.token_hex(4)}"
    address = StoreAddress(protocol=given.protocol, bucket=bucket, prefix="files")
    proxy = StoreProxy(given.endpoint)
    # Through the proxy from the first call on: clients are kept by their settings.
    endpoint = _reach(given.protocol, given.endpoint, proxy)
    _make_bucket(given.protocol, bucket, endpoint)
    objects = ObjectFolder(address, endpoint=endpoint)
    print("| step | as it should be | seconds |\n|---|---|---|")
    ok = True
    with tempfile.TemporaryDirectory() as place:
        for name, step in chain(_steps(objects, Path(place)), _missing(objects), _faults(objects, proxy)):
            began = time.monotonic()
            went = _try(step)
            ok &= went == "yes"
            print(f"| {name} | {went} | {time.monotonic() - began:.1f} |", flush=True)
    proxy.stop()
    return 0 if ok else 1


def _reach(protocol: str, endpoint: str, proxy: StoreProxy) -> str:
    """The endpoint of the proxy for the store's package; "" where it stands in the environment."""
    if protocol != "az":
        return proxy.endpoint
    parts = urlsplit(endpoint)
    account = parts.path.strip("/")
    MonkeyPatch().setenv(
        "AZURE_STORAGE_CONNECTION_STRING",
        f"DefaultEndpointsProtocol=http;AccountName={account};AccountKey={_AZURITE_KEY};"
        f"BlobEndpoint={proxy.endpoint}/{account};",
    )
    return ""


def _make_bucket(protocol: str, bucket: str, endpoint: str) -> None:
    if protocol != "gs":
        open_client(StoreAddress(protocol=protocol, bucket=bucket), endpoint).mkdir(bucket)
        return
    request = urllib.request.Request(
        f"{endpoint}/storage/v1/b?project=any",
        json.dumps({"name": bucket}).encode(),
        {"Content-Type": "application/json"},
    )
    urllib.request.urlopen(request).close()


def _try(step: Callable[[], object]) -> str:
    try:
        return "NO" if step() is False else "yes"
    except Exception as error:
        return f"NO: {getattr(error, 'code', '')} {type(error).__name__}: {error}"


def _steps(objects: ObjectFolder, folder: Path) -> Iterator[Step]:
    """What is put is found, listed, read in whole and in part, replaced and deleted."""
    source, copy, large = folder / "source", folder / "copy", folder / "large"
    source.write_bytes(_DATA)
    large.write_bytes(secrets.token_bytes(1 << 20) * 40)
    yield "put a file", lambda: objects.put(source, "a/b/photo.jpg")
    yield "put it again", lambda: objects.put(source, "a/b/photo.jpg")
    yield "put an empty object", lambda: _kept(objects, "a/empty", b"")
    yield "replace an object", lambda: _kept(objects, "z", b"1") and _kept(objects, "z", b"22")
    yield "a name with odd characters", lambda: _kept(objects, _ODD, b"odd")
    yield "get a file", lambda: _gets(objects, "a/b/photo.jpg", copy, _DATA)
    yield "read a part", lambda: objects.read("a/b/photo.jpg", 300, 310) == _DATA[300:310]
    yield "read to the end", lambda: objects.read("a/b/photo.jpg", 300) == _DATA[300:]
    yield "find", lambda: (found := objects.find("a/b/photo.jpg")) is not None and found.bytes == len(_DATA)
    yield "a folder is no object", lambda: objects.find("a/b") is None
    yield "walk", lambda: [each.key for each in objects.walk()] == ["z", "a/empty", _ODD, "a/b/photo.jpg"]
    yield "put and get 40 MiB", lambda: _travels(objects, large, copy)
    yield "delete", lambda: _deletes(objects, "z")
    yield "delete a folder", lambda: _empties(objects, "a")
    yield "the check of `maskloop doctor`", objects.check


def _kept(objects: ObjectFolder, key: str, data: bytes) -> bool:
    objects.put_bytes(data, key)
    return objects.read(key) == data


def _travels(objects: ObjectFolder, source: Path, copy: Path) -> bool:
    objects.put(source, "large")
    return _gets(objects, "large", copy, source.read_bytes())


def _gets(objects: ObjectFolder, key: str, copy: Path, data: bytes) -> bool:
    objects.get(key, copy)
    return copy.read_bytes() == data


def _deletes(objects: ObjectFolder, key: str) -> bool:
    objects.delete(key)
    return objects.find(key) is None


def _empties(objects: ObjectFolder, folder: str) -> bool:
    objects.delete_folder(folder)
    return list(objects.walk(folder)) == []


def _missing(objects: ObjectFolder) -> Iterator[Step]:
    """A missing object is missing; a missing bucket is an error, also for what looks for nothing."""
    yield "a missing object", lambda: objects.find("gone") is None and _is_missing(objects)
    yield "a missing folder", lambda: objects.list_folder("gone") == ([], [])
    yield "delete a missing object", lambda: objects.delete("gone")
    address = StoreAddress(protocol=objects.address.protocol, bucket="no-such-bucket", prefix="x")
    nowhere = ObjectFolder(address, endpoint=objects.endpoint)
    actions: dict[str, Callable[[], object]] = {
        "read": lambda: nowhere.read("key"),
        "find": lambda: nowhere.find("key"),
        "list": nowhere.list_folder,
        "write": lambda: nowhere.put_bytes(b"1", "key"),
        "delete": lambda: nowhere.delete("key"),
    }
    for name, action in actions.items():
        yield f"{name}, in a missing bucket", partial(_has_no_bucket, action)


def _has_no_bucket(action: Callable[[], object]) -> bool:
    return _code(action) == "storage_bucket_missing"


def _is_missing(objects: ObjectFolder) -> bool:
    try:
        objects.read("gone")
    except FileNotFoundError:
        return True
    return False


def _faults(objects: ObjectFolder, proxy: StoreProxy) -> Iterator[Step]:
    """Each fault has its name after one try of bounded time."""
    objects.put_bytes(_DATA, "key")
    for fault, code in _FAILS.items():
        yield f"read, the store {fault.value}", partial(_fails, objects, proxy, fault, code)


def _fails(objects: ObjectFolder, proxy: StoreProxy, fault: StoreFault, code: str) -> bool:
    proxy.set(fault)
    limit_tries(1)
    began = time.monotonic()
    try:
        return _code(lambda: objects.read("key")) == code and time.monotonic() - began < READ_SECONDS + 10
    finally:
        limit_tries(None)
        proxy.set(StoreFault.NONE)


def _code(action: Callable[[], object]) -> str:
    try:
        action()
    except MaskloopError as error:
        return error.code
    return ""


if __name__ == "__main__":
    sys.exit(main())
