"""Names and addresses of licences as sources write them, in one spelling."""

import re
from dataclasses import dataclass

_CC = re.compile(
    r"creativecommons\.org/(?:licenses/([a-z-]+)/(\d\.\d)|publicdomain/(zero|mark)/(\d\.\d))", re.I
)


@dataclass(frozen=True, kw_only=True)
class Licence:
    """A licence's short name, and where it can be read."""

    name: str
    url: str | None = None


#: Codes of Openverse, which are those of Creative Commons.
_PUBLIC = {"cc0": "CC0", "pdm": "Public Domain Mark"}


def creative_commons(code: str, version: str | None, url: str | None = None) -> Licence:
    """From a code such as `by-sa` and a version such as `2.0`."""
    code = code.strip().lower()
    name = _PUBLIC.get(code, f"CC {code.upper()}")
    return Licence(name=f"{name} {version}".strip() if version else name, url=url or None)


def licence_at(url: str) -> Licence | None:
    """The licence that an address stands for; None where it is not one of Creative Commons."""
    found = _CC.search(url)
    if found is None:
        return None
    code, version, public, public_version = found.groups()
    if public is not None:
        return creative_commons("cc0" if public.lower() == "zero" else "pdm", public_version, url)
    return creative_commons(code, version, url)
