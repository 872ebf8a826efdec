"""Webhooks: addresses that are told of events, and what was sent to them; needs the scope admin."""

from collections.abc import Sequence
from typing import Unpack

from maskloop_client._async.group import AsyncGroup
from maskloop_client._async.rows import PAGE_SIZE, AsyncRows
from maskloop_client.models import Delivery, NewWebhook, WebhookAnswer
from maskloop_client.queries import WebhookChanges


class AsyncWebhooks(AsyncGroup):
    """Webhooks of the service."""

    async def list(self) -> Sequence[WebhookAnswer]:
        """All webhooks, by name, without their secrets."""
        return await self._list("/webhooks", "webhooks", WebhookAnswer)

    async def create(self, name: str, url: str, events: Sequence[str]) -> NewWebhook:
        """Add a webhook; `secret`, which verifies what is sent, is in this answer alone."""
        body = {"name": name, "url": url, "events": [*events]}
        return await self._sender.create(NewWebhook, "/webhooks", body)

    async def get(self, webhook_id: int) -> WebhookAnswer:
        """One webhook."""
        return await self._sender.read(WebhookAnswer, f"/webhooks/{webhook_id}")

    async def change(self, webhook_id: int, **changes: Unpack[WebhookChanges]) -> WebhookAnswer:
        """Change it; what is not given stays."""
        return await self._sender.change(WebhookAnswer, "PATCH", f"/webhooks/{webhook_id}", changes)

    async def delete(self, webhook_id: int) -> None:
        """Delete it and its log."""
        await self._remove(f"/webhooks/{webhook_id}")

    async def rotate_secret(self, webhook_id: int) -> NewWebhook:
        """Make a new secret; the one before signs too for a while."""
        return await self._sender.change(NewWebhook, "POST", f"/webhooks/{webhook_id}/secret")

    async def test(self, webhook_id: int) -> Delivery:
        """Send it a test."""
        return await self._sender.change(Delivery, "POST", f"/webhooks/{webhook_id}/test")

    def deliveries(self, webhook_id: int, *, page_size: int = PAGE_SIZE) -> AsyncRows[Delivery]:
        """What was sent to it, newest first."""
        return self._rows(f"/webhooks/{webhook_id}/deliveries", "deliveries", Delivery, page_size=page_size)

    async def delivery(self, webhook_id: int, delivery_id: int) -> Delivery:
        """One event for it, with every attempt."""
        return await self._sender.read(Delivery, f"/webhooks/{webhook_id}/deliveries/{delivery_id}")

    async def resend(self, webhook_id: int, delivery_id: int) -> Delivery:
        """Send an event again."""
        path = f"/webhooks/{webhook_id}/deliveries/{delivery_id}/resend"
        return await self._sender.change(Delivery, "POST", path)
