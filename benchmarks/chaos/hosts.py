"""What several hosts of a run share: a network that can be cut, and an object store that can fail.

Each host runs one part of the service and has a data folder of its own. Photos are read from a bucket.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pytest import MonkeyPatch

from benchmarks.chaos.parts import Part
from benchmarks.hosts.network import Network, open_network
from benchmarks.hosts.world import BUCKET, CREDENTIALS, PASSWORD, serve_s3, set_up
from benchmarks.store_proxy import StoreProxy
from core.settings import Settings
from core.storage.address import StoreAddress
from core.storage.objects import ObjectFolder

_INPUTS = "photos-to-read"
#: Longer than on one host: calls of the store take time, and ten hosts share one machine here.
_LEASE_SECONDS = 8.0


@dataclass(frozen=True, kw_only=True)
class Shared:
    """The network and the store; the hosts reach the store through a proxy that fails on demand."""

    network: Network
    endpoint: str
    store: StoreProxy

    @property
    def settings(self) -> dict[str, Any]:
        """Settings of this machine, which runs no part and reaches the store itself."""
        return {
            "files": f"s3://{BUCKET}/files",
            "files_endpoint": self.endpoint,
            "allowed_buckets": f"s3://{_INPUTS}",
            "secret_key": "one for all web servers",
            "password": PASSWORD,
            "workers": 1,
            "lease_seconds": _LEASE_SECONDS,
        }

    def upload(self, folder: Path) -> str:
        """Put the photos of a folder into a bucket; their address there."""
        address = StoreAddress(protocol="s3", bucket=_INPUTS, prefix=folder.name)
        objects = ObjectFolder(address, endpoint=self.endpoint)
        for path in sorted(folder.rglob("*.jpg")):
            objects.put(path, path.relative_to(folder).as_posix())
        return str(address)

    def add_hosts(
        self, folder: Path, parts: Sequence[str], settings: Settings, weights: Path
    ) -> Mapping[str, Part]:
        """A host for each part, set up; of several of one kind each has a number behind its name."""
        made = {}
        for number, part in enumerate(parts):
            name = part if parts.count(part) == 1 else f"{part}{parts[:number].count(part) + 1}"
            host = self.network.add(name)
            own = settings.with_changes(
                data=folder / "hosts" / name / "data", host=host.address, files_endpoint=self.store.endpoint
            )
            set_up(own, weights)
            log = folder / "logs" / f"{name}.log"
            made[name] = Part(part, own.to_child_env(), log, prefix=tuple(host.command([])))
        return made


@contextmanager
def open_shared() -> Iterator[Shared]:
    """A network without hosts, and a store with empty buckets."""
    with ExitStack() as stack:
        patch = stack.enter_context(MonkeyPatch.context())
        for name, value in CREDENTIALS.items():
            patch.setenv(name, value)
        network = stack.enter_context(open_network())
        endpoint = stack.enter_context(serve_s3(network.address, BUCKET, _INPUTS))
        store = StoreProxy(endpoint, address=network.address)
        stack.callback(store.stop)
        yield Shared(network=network, endpoint=endpoint, store=store)
