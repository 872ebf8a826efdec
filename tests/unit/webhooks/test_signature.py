"""What is sent is verified by the package of the specification."""

from datetime import UTC, datetime, timedelta

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from core.webhooks.signature import new_secret, sign_headers

_BODY = '{"type":"job.finished","data":{"title":"Caf\\u00e9"}}'


def test_the_reference_implementation_makes_the_same_signature() -> None:
    secret, at = new_secret(), datetime(2026, 11, 29, 12, 0, 0, 600_000, tzinfo=UTC)
    headers = sign_headers("msg_1", at, _BODY, [secret])
    assert headers["webhook-signature"] == Webhook(secret).sign("msg_1", at, _BODY)
    assert headers["webhook-timestamp"] == str(int(at.timestamp()))


def test_both_secrets_of_a_rotation_verify_and_no_third() -> None:
    new, old, other = new_secret(), new_secret(), new_secret()
    headers = sign_headers("msg_1", datetime.now(UTC), _BODY, [new, old])
    for secret in (new, old):
        assert Webhook(secret).verify(_BODY, headers)["type"] == "job.finished"
    with pytest.raises(WebhookVerificationError):
        Webhook(other).verify(_BODY, headers)


def test_what_was_changed_or_is_old_does_not_verify() -> None:
    secret = new_secret()
    headers = sign_headers("msg_1", datetime.now(UTC), _BODY, [secret])
    with pytest.raises(WebhookVerificationError):
        Webhook(secret).verify(_BODY.replace("finished", "failed"), headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(secret).verify(_BODY, headers | {"webhook-id": "msg_2"})
    old = sign_headers("msg_1", datetime.now(UTC) - timedelta(hours=1), _BODY, [secret])
    with pytest.raises(WebhookVerificationError):
        Webhook(secret).verify(_BODY, old)
