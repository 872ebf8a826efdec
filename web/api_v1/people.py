"""People: list them, add them, make sign-in links, remove access."""

from flask import request
from sqlalchemy.orm import Session

from core.accounts import add_account, get_account, list_accounts, new_sign_in_link, remove_access
from models import Account, Scope
from web.activity.recording import tell
from web.api_v1.document import Answered, api_v1, operation
from web.api_v1.schemas.people import Person, PersonList, PersonRequest, PersonWithLink
from web.api_v1.starting import create_once
from web.extension import database


@api_v1.get("/people")
@operation(Scope.ADMIN, answer=PersonList, tag="people")
def list_people() -> PersonList:
    """All accounts, by name."""
    with database().read() as rows:
        return PersonList(people=[Person.of(account) for account in list_accounts(rows)])


@api_v1.post("/people")
@operation(Scope.ADMIN, answer=PersonWithLink, status=201, tag="people", errors=(409, 422))
def add_person(json: PersonRequest) -> Answered:
    """Add an account; its sign-in link is in this answer alone.

    Sent again with the same `Idempotency-Key`, the answer has a new link.
    """
    return create_once(
        lambda rows: add_account(rows, json.name.strip(), json.role),
        _with_link,
        lambda rows, made: _with_link(rows, get_account(rows, made)),
        number=lambda account: account.id,
    ), 201


@api_v1.post("/people/<int:account_id>/link")
@operation(Scope.ADMIN, answer=PersonWithLink, status=201, tag="people")
def make_sign_in_link(account_id: int) -> Answered:
    """Make a link that signs a person in once, within a day; it also restores removed access."""
    with database().write() as rows:
        return _with_link(rows, get_account(rows, account_id)), 201


@api_v1.delete("/people/<int:account_id>")
@operation(Scope.ADMIN, status=204, tag="people", errors=(409,))
def remove_person(account_id: int) -> Answered:
    """Sign a person out everywhere and end password, links and tokens; decisions stay."""
    with database().write() as rows:
        remove_access(rows, account := get_account(rows, account_id))
        tell(person=account.name)
    return "", 204


def _with_link(rows: Session, account: Account) -> PersonWithLink:
    tell(person=account.name, role=account.role.value)
    return PersonWithLink.of(account, link=_link(new_sign_in_link(rows, name=account.name)))


def _link(secret: str) -> str:
    """The address below the service's own; a command inside this process has no pages to name it by."""
    return f"{request.url_root}sign-in/{secret}"
