"""People: list them, add them, make sign-in links, remove access."""

from flask import request
from sqlalchemy.orm import Session

from core.access.limits import read_limits
from core.accounts import add_account, get_account, list_accounts, new_sign_in_link, remove_access
from models import Account, Scope
from web.accounts.limiting import change_limits
from web.activity.recording import tell
from web.api_v1.document import Answered, api_v1, operation
from web.api_v1.schemas.people import LimitsRequest, Person, PersonList, PersonRequest, PersonWithLink
from web.api_v1.starting import create_once
from web.extension import database


@api_v1.get("/people")
@operation(Scope.ADMIN, answer=PersonList, tag="people")
def list_people() -> PersonList:
    """All accounts, by name."""
    with database().read() as rows:
        accounts = list_accounts(rows)
        limits = read_limits(rows, accounts)
        return PersonList(people=[Person.of(account, limits[account.id]) for account in accounts])


@api_v1.post("/people")
@operation(Scope.ADMIN, answer=PersonWithLink, status=201, tag="people", errors=(409,), repeatable=True)
def add_person(json: PersonRequest) -> Answered:
    """Add an account; its sign-in link is in this answer alone.

    Sent again with the same `Idempotency-Key`, the answer has a new link.
    """

    def add(rows: Session) -> Account:
        account = add_account(rows, json.name.strip(), json.role)
        if json.limits is not None:
            change_limits(rows, account, json.limits.limits)
        return account

    return create_once(
        add,
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


@api_v1.put("/people/<int:account_id>/limits")
@operation(Scope.ADMIN, answer=Person, tag="people", errors=(409,))
def limit_person(account_id: int, json: LimitsRequest) -> Person:
    """Let a viewer or reviewer see these series and review queues alone, from the next request on."""
    with database().write() as rows:
        account = get_account(rows, account_id)
        change_limits(rows, account, json.limits)
        return Person.of(account, read_limits(rows, [account])[account.id])


@api_v1.delete("/people/<int:account_id>/limits")
@operation(Scope.ADMIN, status=204, tag="people")
def free_person(account_id: int) -> Answered:
    """Let a person see everything that their role may see."""
    with database().write() as rows:
        change_limits(rows, get_account(rows, account_id), None)
    return "", 204


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
    limits = read_limits(rows, [account])[account.id]
    return PersonWithLink.of(account, limits, link=_link(new_sign_in_link(rows, name=account.name)))


def _link(secret: str) -> str:
    """The address below the service's own; a command inside this process has no pages to name it by."""
    return f"{request.url_root}sign-in/{secret}"
