"""The state of the service."""

import os
from pathlib import Path

from maskloop_client._async.downloads import download
from maskloop_client._async.group import AsyncGroup
from maskloop_client.models import Health, System


class AsyncService(AsyncGroup):
    """The state of the service."""

    async def read(self) -> System:
        """What its page shows: processes, disk, weights, settings."""
        return await self._sender.read(System, "/system")

    async def health(self) -> Health:
        """Whether it can work."""
        return await self._sender.read(Health, "/system/health")

    async def evidence_key(self, to: str | os.PathLike[str]) -> Path:
        """Write the public key that verifies its evidence packs to a file or into a folder."""
        return await download(self._sender, "/system/evidence-key.pem", to, name="evidence-key.pem")
