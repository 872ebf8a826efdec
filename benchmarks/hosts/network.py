"""Hosts of one machine: network namespaces on a bridge, which only root can make."""

import os
import secrets
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field


def why_not() -> str:
    """Why this machine cannot have hosts; empty where it can."""
    if os.geteuid() != 0:
        return "network namespaces need root"
    if shutil.which("ip") is None or shutil.which("unshare") is None:
        return "network namespaces need the commands ip and unshare"
    if subprocess.run(["unshare", "--net", "--uts", "true"], capture_output=True, check=False).returncode:
        return "this machine lets nobody make network namespaces"
    return ""


@dataclass(frozen=True, kw_only=True)
class Host:
    """A network namespace with an address."""

    name: str
    address: str
    namespace: str
    #: The end of its cable that stays on the bridge.
    device: str

    def command(self, words: Sequence[str]) -> list[str]:
        """The words as a command that runs on this host, under its name."""
        named = ["sh", "-c", 'hostname "$0" && exec "$@"', self.name, *words]
        return ["ip", "netns", "exec", self.namespace, "unshare", "--uts", "--", *named]

    def cut(self) -> None:
        """Pull the cable: what is sent gets lost, and nobody is told."""
        _ip("link", "set", self.device, "down")

    def join(self) -> None:
        """Plug the cable in again."""
        _ip("link", "set", self.device, "up")


@dataclass(frozen=True, kw_only=True)
class Network:
    """A bridge, and the hosts on it. This machine has the first address."""

    prefix: str
    tag: str
    hosts: dict[str, Host] = field(default_factory=dict)

    @property
    def address(self) -> str:
        """Of this machine, on which the servers run."""
        return f"{self.prefix}.1"

    @property
    def block(self) -> str:
        """All addresses."""
        return f"{self.prefix}.0/24"

    def add(self, name: str) -> Host:
        """One more host."""
        number = len(self.hosts) + 2
        host = Host(
            name=name,
            address=f"{self.prefix}.{number}",
            namespace=f"mk{self.tag}-{name}",
            device=f"mk{self.tag}h{number}",
        )
        inside = ("netns", "exec", host.namespace, "ip")
        _ip("netns", "add", host.namespace)
        self.hosts[name] = host
        _ip("link", "add", host.device, "type", "veth", "peer", "name", "eth0", "netns", host.namespace)
        _ip("link", "set", host.device, "master", f"mk{self.tag}")
        _ip("link", "set", host.device, "up")
        _ip(*inside, "link", "set", "lo", "up")
        _ip(*inside, "address", "add", f"{host.address}/24", "dev", "eth0")
        _ip(*inside, "link", "set", "eth0", "up")
        return host


@contextmanager
def open_network() -> Iterator[Network]:
    """A network without hosts; all is gone with the block."""
    tag = secrets.token_hex(2)
    network = Network(prefix=f"10.213.{int(tag, 16) % 250}", tag=tag)
    with ExitStack() as stack:
        _ip("link", "add", f"mk{tag}", "type", "bridge")
        stack.callback(_ip, "link", "del", f"mk{tag}")
        _ip("address", "add", f"{network.address}/24", "dev", f"mk{tag}")
        _ip("link", "set", f"mk{tag}", "up")
        stack.callback(_remove, network)
        yield network


def _remove(network: Network) -> None:
    for host in network.hosts.values():
        _ip("netns", "del", host.namespace)


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True)
