"""What reviewers may ask for; leads may ask for everything."""

from models import Account, Role

_PARTS = frozenset(("faces", "files", "boxes"))
_PAGES = frozenset(
    (
        "accounts.account_page",
        "accounts.sign_out",
        "review.home",
        "review.queue_page",
        "review.one_by_one",
        "review.grid",
        "review.exchange_faces",
        "review.past",
        "review.leave",
        "review.face_page",
        "review.decide_one",
        "review.flag_face",
        "library.photo_page",
    )
)


def may_ask_for(account: Account, endpoint: str | None) -> bool:
    """Whether the account's role covers the endpoint; an address that leads nowhere is anybody's."""
    if account.role is Role.LEAD or endpoint is None:
        return True
    return endpoint in _PAGES or endpoint.partition(".")[0] in _PARTS
