"""People who sign in by an OpenID Connect provider: their accounts, and roles by the provider's groups."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.accounts import OWNER, add_account, end_browser_sessions, find_account
from core.api_tokens import revoke_tokens_of
from core.database import insert_new, read_clock
from core.errors import InputError, PermanentError
from models import Account, ExternalIdentity, Role

#: Stands for every group, and for none.
ANYBODY = "*"
_LONGEST_NAME = 32
_OTHER = re.compile(r"[^\w.-]+")


@dataclass(frozen=True, kw_only=True)
class ExternalPerson:
    """What a provider says of somebody who has just signed in there."""

    #: Together they name the person for ever.
    issuer: str
    subject: str
    #: What the account is called, as far as names allow it.
    name: str
    groups: frozenset[str]


@dataclass(frozen=True, kw_only=True)
class RoleRule:
    """Who is in the group has the role."""

    role: Role
    group: str


def parse_role_rules(text: str) -> tuple[RoleRule, ...]:
    """Rules as the setting `openid_roles` has them, `lead=mask-leads, reviewer=*`.

    Raises PermanentError setting_invalid.
    """
    rules = []
    for part in filter(None, (part.strip() for part in text.split(","))):
        role, equals, group = (word.strip() for word in part.partition("="))
        if role not in list(Role) or not equals or not group:
            known = ", ".join(Role)
            raise PermanentError(
                "setting_invalid",
                f"MASKLOOP_OPENID_ROLES: {part!r} is not ROLE=GROUP with one of the roles {known}.",
            )
        rules.append(RoleRule(role=Role(role), group=group))
    if not rules:
        raise PermanentError(
            "setting_invalid",
            "MASKLOOP_OPENID_ROLES: say which groups of the provider may sign in, such as reviewer=*.",
        )
    return tuple(rules)


def sign_in_external(
    session: Session, person: ExternalPerson, rules: Sequence[RoleRule], *, limits_new: bool = False
) -> Account:
    """The person's account, made at the first time; its role follows their groups.

    With `limits_new`, an account that is made sees nothing until a lead has given it series and queues; while
    it is a lead's, it sees everything.

    Raises InputError openid_no_role if no rule fits them, and openid_access_removed if somebody removed
    their access here. Who has lost their role is signed out everywhere, and their tokens are revoked.
    """
    role = next((rule.role for rule in rules if rule.group in (ANYBODY, *person.groups)), None)
    identity = _find(session, person)
    if role is None:
        if identity is not None:
            end_browser_sessions(session, identity.account_id)
            revoke_tokens_of(session, identity.account_id)
        raise InputError("openid_no_role", "None of your groups may use this service. Ask who runs it.")
    if identity is None:
        identity = _add(session, person, role, limited=limits_new)
    if identity.barred_at is not None:
        raise InputError("openid_access_removed", "Your access was removed. Ask a lead for a new link.")
    account = session.get_one(Account, identity.account_id)
    account.role = role
    return account


def _find(session: Session, person: ExternalPerson) -> ExternalIdentity | None:
    same = ExternalIdentity.issuer == person.issuer, ExternalIdentity.subject == person.subject
    return session.scalars(select(ExternalIdentity).where(*same)).one_or_none()


def _add(session: Session, person: ExternalPerson, role: Role, *, limited: bool) -> ExternalIdentity:
    """A new account; that of the other request, if the person signs in twice at once."""
    account = add_account(session, _free_name(session, person.name), role)
    account.limited = limited
    row = {
        "account_id": account.id,
        "issuer": person.issuer,
        "subject": person.subject,
        "created_at": read_clock(session),
    }
    insert_new(session, ExternalIdentity, [row], ["issuer", "subject"])
    identity = _find(session, person)
    assert identity is not None
    if identity.account_id != account.id:
        session.delete(account)
    return identity


def _free_name(session: Session, wanted: str) -> str:
    """The wanted name with what names may have, and a number where somebody else has it.

    The name of the owner and those of people with passwords and links are never taken over.
    """
    base = _OTHER.sub("-", wanted.strip())[:_LONGEST_NAME].strip("-.") or "person"
    base = base if len(base) > 1 else f"{base}-1"
    name, number = base, 1
    while name.lower() == OWNER or find_account(session, name) is not None:
        number += 1
        name = f"{base[: _LONGEST_NAME - 1 - len(str(number))]}-{number}"
    return name
