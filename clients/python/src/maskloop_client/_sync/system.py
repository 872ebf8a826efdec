# Made of `_async/system.py` by `generate_sync.py`: change that file, not this one.
"""The state of the service."""

import os
from pathlib import Path

from maskloop_client._sync.downloads import download
from maskloop_client._sync.group import Group
from maskloop_client.models import Health, System


class Service(Group):
    """The state of the service."""

    def read(self) -> System:
        """What its page shows: processes, disk, weights, settings."""
        return self._sender.read(System, "/system")

    def health(self) -> Health:
        """Whether it can work."""
        return self._sender.read(Health, "/system/health")

    def evidence_key(self, to: str | os.PathLike[str]) -> Path:
        """Write the public key that verifies its evidence packs to a file or into a folder."""
        return download(self._sender, "/system/evidence-key.pem", to, name="evidence-key.pem")
