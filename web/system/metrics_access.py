"""Who may read `/metrics`: whoever has its secret or a token with the scope read, and allowed networks."""

import hmac
import ipaddress

from flask import request

from core.api_tokens import find_token
from core.errors import InputError
from core.settings import Settings
from models import Role, Scope
from web.extension import database, settings

_SCOPES = frozenset((Scope.READ.value, Scope.ADMIN.value))


def require_metrics_access() -> None:
    """Raise InputError token_missing or token_refused; by default no address opens them alone."""
    found = settings()
    if is_in_networks(request.remote_addr or "", found.metrics_networks):
        return
    scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not secret.strip():
        raise InputError("token_missing", "Send a token: “Authorization: Bearer …”.")
    if not _is_secret(secret.strip(), found) and not _is_token(secret.strip()):
        raise InputError("token_refused", "The token does not open the metrics.")


def is_in_networks(address: str, networks: str) -> bool:
    """Whether the address lies in one of the networks, which commas separate."""
    try:
        client = ipaddress.ip_address(address)
    except ValueError:
        return False
    if isinstance(client, ipaddress.IPv6Address) and client.ipv4_mapped is not None:
        client = client.ipv4_mapped
    return any(client in ipaddress.ip_network(part.strip()) for part in networks.split(",") if part.strip())


def _is_secret(secret: str, found: Settings) -> bool:
    expected = found.metrics_token
    return bool(expected) and hmac.compare_digest(secret.encode(), expected.encode())


def _is_token(secret: str) -> bool:
    with database().read() as rows:
        found = find_token(rows, secret)
    if found is None:
        return False
    token, account = found
    return bool(_SCOPES.intersection(token.scopes)) and account.role is not Role.REVIEWER
