"""Sign in by an OpenID Connect provider: authorization code flow with PKCE, state and nonce."""

from collections.abc import Mapping
from functools import cached_property
from typing import Any

import structlog
from flask import Blueprint, current_app, redirect, request, session, url_for
from flask.typing import ResponseReturnValue

from core.errors import InputError, MaskloopError, PermanentError, TransientError
from core.identities import ExternalPerson, parse_role_rules, sign_in_external
from core.settings import Settings
from models import ActivityKind
from web.accounts.session import safe_next, start_session
from web.activity.recording import record, record_failed_sign_in
from web.extension import database

log = structlog.get_logger()

openid = Blueprint("openid", __name__, url_prefix="/sign-in/openid")

#: Where the session cookie keeps the page to go to after the sign-in.
_NEXT = "openid_next"
_TIMEOUT_SECONDS = 10.0
_LONGEST_CLAIM = 255


class Provider:
    """The provider of the settings; its metadata and keys are fetched when somebody first signs in."""

    def __init__(self, settings: Settings) -> None:
        """Raises PermanentError setting_invalid."""
        if not settings.openid_client_id:
            raise PermanentError("setting_invalid", "MASKLOOP_OPENID_CLIENT_ID: the provider needs one.")
        self._settings = settings
        self.name = settings.openid_name
        self.rules = parse_role_rules(settings.openid_roles)
        self.limits_new = settings.openid_limited

    @cached_property
    def client(self) -> Any:
        """Authlib's client; imported here, since most services have no provider."""
        from authlib.integrations.flask_client import FlaskIntegration
        from authlib.integrations.flask_client.apps import FlaskOAuth2App

        given = self._settings
        return FlaskOAuth2App(
            FlaskIntegration("openid"),
            name="openid",
            client_id=given.openid_client_id,
            client_secret=given.openid_client_secret or None,
            server_metadata_url=f"{given.openid_issuer.rstrip('/')}/.well-known/openid-configuration",
            client_kwargs={
                "scope": "openid profile email",
                "code_challenge_method": "S256",
                "default_timeout": _TIMEOUT_SECONDS,
            },
        )

    def start(self, callback: str) -> ResponseReturnValue:
        """Send the browser to the provider; TransientError openid_unavailable."""
        with _Translated():
            self._check_issuer()
            answer: ResponseReturnValue = self.client.authorize_redirect(callback)
            return answer

    def finish(self) -> ExternalPerson:
        """Who has signed in, by the provider's answer in this request.

        Raises InputError openid_refused, TransientError openid_unavailable.
        """
        with _Translated():
            self._check_issuer()
            claims = self.client.authorize_access_token().get("userinfo")
        if not claims:
            raise InputError("openid_refused", "The provider sent no ID token.")
        return _person(claims, self._settings.openid_groups)

    def _check_issuer(self) -> None:
        named, wanted = self.client.load_server_metadata().get("issuer"), self._settings.openid_issuer
        if str(named).rstrip("/") != wanted.rstrip("/"):
            raise PermanentError(
                "setting_invalid", f"MASKLOOP_OPENID_ISSUER: the provider calls itself {named!r}."
            )


class _Translated:
    """Errors of the provider and of the way to it, as errors of this service."""

    def __enter__(self) -> None:
        return

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        from authlib.common.errors import AuthlibBaseError
        from joserfc.errors import JoseError
        from requests import RequestException

        match error:
            case AuthlibBaseError() | JoseError() | KeyError():
                raise InputError(
                    "openid_refused", f"The provider's answer cannot be used: {error}. Sign in again."
                ) from error
            case RequestException() | ValueError():
                log.warning("openid_unavailable", error=str(error))
                raise TransientError(
                    "openid_unavailable", "The provider does not answer as it should. Try again later."
                ) from error


def attach_openid(settings: Settings) -> Provider | None:
    """The provider, if the settings name one; PermanentError setting_invalid."""
    return Provider(settings) if settings.openid_issuer else None


def find_provider() -> Provider | None:
    """The provider of the current app."""
    found: Provider | None = current_app.extensions["openid"]
    return found


@openid.get("")
def start() -> ResponseReturnValue:
    """Go to the provider."""
    provider = _provider()
    session[_NEXT] = safe_next(request.args.get("next")) or ""
    return provider.start(url_for("openid.callback", _external=True))


@openid.get("/callback")
def callback() -> ResponseReturnValue:
    """Where the provider sends the browser back to."""
    provider, person = _provider(), None
    try:
        person = provider.finish()
        account, error = None, None
        with database().write() as rows:
            # What a refusal ends, such as the sessions of somebody who lost their role, is kept.
            try:
                account = sign_in_external(rows, person, provider.rules, limits_new=provider.limits_new)
            except InputError as refused:
                error = refused
            else:
                target = session.get(_NEXT)
                start_session(rows, account)
                record(rows, ActivityKind.SIGNED_IN, account=account, who=account.name, by="provider")
        if error is not None:
            raise error
    except MaskloopError as failure:
        log.warning(failure.code, client=request.remote_addr)
        record_failed_sign_in(person.name if person is not None else "", failure.code)
        raise
    return redirect(safe_next(target) or url_for("jobs.home"))


def _provider() -> Provider:
    provider = find_provider()
    if provider is None:
        raise InputError("openid_not_found", "No OpenID Connect provider is set.")
    return provider


def _person(claims: Mapping[str, Any], groups_claim: str) -> ExternalPerson:
    issuer, subject = str(claims["iss"]), str(claims["sub"])
    if max(len(issuer), len(subject)) > _LONGEST_CLAIM:
        raise InputError("openid_refused", "The provider names people by more than 255 characters.")
    email = str(claims.get("email") or "").partition("@")[0]
    name = claims.get("preferred_username") or email or claims.get("name") or ""
    return ExternalPerson(
        issuer=issuer, subject=subject, name=str(name), groups=_groups(claims, groups_claim)
    )


def _groups(claims: Mapping[str, Any], path: str) -> frozenset[str]:
    """The groups at a path such as `realm_access.roles`; a single one may be text."""
    found: Any = claims.get(path)
    if found is None:
        found = claims
        for part in path.split("."):
            found = found.get(part) if isinstance(found, Mapping) else None
    if isinstance(found, str):
        return frozenset((found,))
    return frozenset(str(group) for group in found) if isinstance(found, list) else frozenset()
