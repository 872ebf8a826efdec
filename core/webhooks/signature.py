"""Sign messages as the Standard Webhooks specification says: HMAC-SHA256 over id, time and body."""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Sequence
from datetime import datetime

_PREFIX = "whsec_"
_SECRET_BYTES = 32


def new_secret() -> str:
    """A secret of 256 random bits, as receivers take it: `whsec_` and base64."""
    return _PREFIX + base64.b64encode(secrets.token_bytes(_SECRET_BYTES)).decode()


def sign_headers(event_id: str, at: datetime, body: str, keys: Sequence[str]) -> dict[str, str]:
    """The headers of a message; one signature for each of the secrets, so that any of them verifies it."""
    seconds = str(int(at.timestamp()))
    signed = f"{event_id}.{seconds}.{body}".encode()
    signatures = (f"v1,{_sign(key, signed)}" for key in keys)
    return {
        "webhook-id": event_id,
        "webhook-timestamp": seconds,
        "webhook-signature": " ".join(signatures),
    }


def _sign(key: str, signed: bytes) -> str:
    raw = base64.b64decode(key.removeprefix(_PREFIX))
    return base64.b64encode(hmac.digest(raw, signed, hashlib.sha256)).decode()
