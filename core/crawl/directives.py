"""What pages and files say of their use by programs that learn: X-Robots-Tag and robots meta tags."""

import re

#: Directives by which owners say that a picture is not for machine learning.
REFUSING = frozenset({"noai", "noimageai"})
_WORD = re.compile(r"[a-z][a-z0-9_-]*")


def refuses_learning(value: str, agent: str) -> bool:
    """Whether a header's or tag's value refuses; parts that speak to other programs by name do not count.

    `noai`, `noindex, noimageai`, `maskloop: noai` refuse; `otherbot: noai` does not.
    """
    listening = True
    for part in value.lower().split(","):
        name, colon, rest = part.partition(":")
        if colon and _WORD.fullmatch(name.strip()):
            # A name holds for all directives after it, up to the next name.
            listening = name.strip() == agent.lower()
            part = rest
        if listening and part.strip() in REFUSING:
            return True
    return False
