"""`maskloop webhook`: addresses that are told of events, and the log of what was sent."""

from typing import TYPE_CHECKING, Any

import click

from web.commands.declaring import connected, example

if TYPE_CHECKING:
    from web.commands.connection import Answer, Service
    from web.commands.output import Output

_COLUMNS = {"id": "webhook", "name": "name", "state": "state", "events": "events", "url": "address"}
_FIELDS = _COLUMNS | {"note": "note", "failing_since": "failing since (UTC)", "created_at": "made (UTC)"}
_DELIVERIES = {
    "id": "delivery",
    "event": "event",
    "state": "state",
    "attempts": "attempts",
    "created_at": "written (UTC)",
    "next_at": "next attempt (UTC)",
}
#: As `models.EventType`, whose import would delay `maskloop --help`; without the test event.
EVENTS = (
    "job.finished", "job.failed", "job.cancelled", "report.ready", "target.missed", "version.promoted",
    "conflict.found",
)  # fmt: skip
_webhook = click.argument("number", metavar="WEBHOOK", type=click.IntRange(1))


@click.group()
def webhook() -> None:
    """Addresses that are told of events."""


@webhook.command("list")
@example("maskloop webhook list")
@connected()
def list_webhooks(service: "Service", output: "Output") -> None:
    """List webhooks by name, without their secrets."""
    output.objects(service.read("/webhooks")["webhooks"], _COLUMNS, empty="There is no webhook.")


@webhook.command("show")
@example("maskloop webhook show 1")
@_webhook
@connected()
def show(service: "Service", output: "Output", number: int) -> None:
    """Show one WEBHOOK."""
    output.one(service.read(f"/webhooks/{number}"), _FIELDS)


@webhook.command("add")
@example("maskloop webhook add shop https://shop.example.org/maskloop --event job.finished")
@click.argument("name")
@click.argument("address")
@click.option(
    "--event", "events", type=click.Choice(EVENTS), multiple=True, help="Repeat it for more; by default all."
)
@connected()
def add(service: "Service", output: "Output", name: str, address: str, events: tuple[str, ...]) -> None:
    """Tell an https ADDRESS of events; prints the secret that verifies them, alone on standard output."""
    body = {"name": name, "url": address, "events": [*(events or EVENTS)]}
    _print_secret(output, service.send("POST", "/webhooks", body))


@webhook.command("rotate")
@example("maskloop webhook rotate 1")
@_webhook
@connected()
def rotate(service: "Service", output: "Output", number: int) -> None:
    """Print a new secret of WEBHOOK; for a day the one before signs too."""
    _print_secret(output, service.send("POST", f"/webhooks/{number}/secret"))


def _print_secret(output: "Output", answer: "Answer") -> None:
    if output.as_json:
        output.json(answer)
        return
    output.note(f"Webhook {answer['id']}, {answer['name']}. Its secret is shown this once.")
    print(answer["secret"])


@webhook.command("change")
@example("maskloop webhook change 1 --event job.failed --event report.ready")
@_webhook
@click.option("--name", help="A new name.")
@click.option("--address", "url", help="A new https address.")
@click.option("--event", "events", type=click.Choice(EVENTS), multiple=True, help="The events from now on.")
@connected()
def change(
    service: "Service", output: "Output", number: int, events: tuple[str, ...], **given: str | None
) -> None:
    """Change WEBHOOK; what is not given stays."""
    body: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
    found = service.send("PATCH", f"/webhooks/{number}", body | ({"events": [*events]} if events else {}))
    output.said(found, f"Webhook {number}, {found['name']}, is changed.")


def _set_state(service: "Service", output: "Output", number: int, state: str) -> None:
    found = service.send("PATCH", f"/webhooks/{number}", {"state": state})
    output.said(found, f"Webhook {number}, {found['name']}: {found['state']}.")


@webhook.command("pause")
@example("maskloop webhook pause 1")
@_webhook
@connected()
def pause(service: "Service", output: "Output", number: int) -> None:
    """Send WEBHOOK nothing until it is resumed."""
    _set_state(service, output, number, "paused")


@webhook.command("resume")
@example("maskloop webhook resume 1")
@_webhook
@connected()
def resume(service: "Service", output: "Output", number: int) -> None:
    """Send WEBHOOK events again, also one that was disabled for failing."""
    _set_state(service, output, number, "active")


@webhook.command("test")
@example("maskloop webhook test 1")
@_webhook
@connected()
def test(service: "Service", output: "Output", number: int) -> None:
    """Send WEBHOOK a test event; `maskloop webhook deliveries` says how it went."""
    found = service.send("POST", f"/webhooks/{number}/test")
    output.said(found, f"Delivery {found['id']} waits to be sent.")


@webhook.command("deliveries")
@example("maskloop webhook deliveries 1")
@_webhook
@click.option("--limit", type=click.IntRange(1), default=20, show_default=True, help="Most to list.")
@connected()
def deliveries(service: "Service", output: "Output", number: int, limit: int) -> None:
    """List what was sent to WEBHOOK or waits, newest first."""
    found = service.first(f"/webhooks/{number}/deliveries", "deliveries", limit)
    output.objects(found, _DELIVERIES, empty="Nothing was sent yet.")


@webhook.command("resend")
@example("maskloop webhook resend 1 12")
@_webhook
@click.argument("delivery", type=click.IntRange(1))
@connected()
def resend(service: "Service", output: "Output", number: int, delivery: int) -> None:
    """Send DELIVERY of WEBHOOK again, with the same id and body."""
    found = service.send("POST", f"/webhooks/{number}/deliveries/{delivery}/resend")
    output.said(found, f"Delivery {found['id']} waits to be sent.")


@webhook.command("delete")
@example("maskloop webhook delete 1 --yes")
@_webhook
@click.confirmation_option(prompt="Delete the webhook with its log?")
@connected()
def delete(service: "Service", output: "Output", number: int) -> None:
    """Delete WEBHOOK with the log of its deliveries."""
    service.send("DELETE", f"/webhooks/{number}")
    output.said({"id": number, "deleted": True}, f"Webhook {number} is deleted.")
