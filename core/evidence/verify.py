"""Verify an evidence pack: its signature, and every file by its checksum."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from core.errors import InputError
from core.evidence.members import MemberDamaged, Members
from core.evidence.pack import ABOUT, PUBLIC_KEY, SIGNATURE, SUMS
from core.evidence.signing import fingerprint, is_signed, parse_public

_MOST_SMALL_BYTES = 1 << 20
_LINE = re.compile(r"([0-9a-f]{64})  (\S+)")
#: A file that every pack has, so that an empty list of checksums is no pack.
_REQUIRED = (SUMS, SIGNATURE, PUBLIC_KEY, ABOUT)


class ProblemCode(StrEnum):
    """What can be wrong; the values are stable."""

    SIGNATURE_WRONG = "signature_wrong"
    CHANGED = "changed"
    MISSING = "missing"
    ADDED = "added"
    DUPLICATE = "duplicate"
    UNSAFE_NAME = "unsafe_name"
    #: Bytes of the zip belong to none of its files.
    PADDED = "padded"
    #: The pack is what its own key signed, but nobody said whose key that is.
    KEY_UNKNOWN = "key_unknown"


@dataclass(frozen=True, kw_only=True)
class Problem:
    """One thing that is wrong, with the file that it is about."""

    code: ProblemCode
    name: str
    message: str


@dataclass(frozen=True, kw_only=True)
class TrustedKey:
    """The key that the pack should be signed with: the key itself, or its fingerprint."""

    fingerprint: str

    @classmethod
    def of(cls, *, pem: bytes | None = None, text: str | None = None) -> "TrustedKey":
        """From PEM or a fingerprint; InputError public_key_invalid or fingerprint_invalid."""
        if pem is not None:
            return cls(fingerprint=fingerprint(parse_public(pem)))
        digits = re.sub(r"[\s:]", "", text or "").lower()
        if not re.fullmatch(r"[0-9a-f]{64}", digits):
            raise InputError("fingerprint_invalid", "A fingerprint has 64 hexadecimal digits.")
        return cls(fingerprint=digits)


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What was found out about a pack."""

    problems: tuple[Problem, ...]
    #: Files whose checksum is right.
    intact: int
    #: Of the key whose signature is right; None if no signature is.
    fingerprint: str | None
    #: What the pack says of itself; empty where that cannot be read.
    about: dict[str, Any]

    @property
    def is_intact(self) -> bool:
        """Whether it is what its key signed, be that key known or not."""
        return all(problem.code is ProblemCode.KEY_UNKNOWN for problem in self.problems)

    @property
    def is_verified(self) -> bool:
        """Whether it is intact and signed by the trusted key."""
        return not self.problems


def verify_pack(path: Path, trusted: TrustedKey | None) -> Verdict:
    """Check a pack without unpacking it. Raises InputError as `Members` does."""
    with Members(path) as members:
        sums = _read_small(members, SUMS)
        signer, signature_problems = _check_signature(members, sums, trusted)
        expected, sums_problems = _parse_sums(sums)
        problems = [*signature_problems, *sums_problems, *_check_names(members, expected)]
        intact = 0
        for name, digest in expected.items():
            found = _check_member(members, name, digest)
            problems += found
            intact += not found
        return Verdict(
            problems=tuple(problems), intact=intact, fingerprint=signer, about=_read_about(members)
        )


def _check_signature(
    members: Members, sums: bytes | None, trusted: TrustedKey | None
) -> tuple[str | None, list[Problem]]:
    """The fingerprint of the key in the pack if it signed the checksums, and what is wrong."""
    signature, key = _read_small(members, SIGNATURE), _key_of(members)
    if sums is None or signature is None or key is None or not is_signed(key, signature, sums):
        message = f"{SUMS}, {SIGNATURE} or {PUBLIC_KEY} was changed: they do not belong together."
        return None, [Problem(code=ProblemCode.SIGNATURE_WRONG, name=SIGNATURE, message=message)]
    signer = fingerprint(key)
    if trusted is None:
        message = f"No key was given to compare with the pack's, whose fingerprint is {signer}."
    elif trusted.fingerprint != signer:
        message = f"The pack is signed by another key, whose fingerprint is {signer}."
    else:
        return signer, []
    return signer, [Problem(code=ProblemCode.KEY_UNKNOWN, name=PUBLIC_KEY, message=message)]


def _key_of(members: Members) -> Ed25519PublicKey | None:
    pem = _read_small(members, PUBLIC_KEY)
    try:
        return parse_public(pem or b"")
    except InputError:
        return None


def _parse_sums(sums: bytes | None) -> tuple[dict[str, str], list[Problem]]:
    """Digests by name; lines that are none are a problem."""
    lines = (sums or b"").decode("ascii", "replace").splitlines()
    found = [_LINE.fullmatch(line) for line in lines]
    expected = {match[2]: match[1] for match in found if match}
    if sums is None or len(expected) == len(lines):
        return expected, []
    message = f"{SUMS} was changed: it is not a list of checksums."
    return expected, [Problem(code=ProblemCode.CHANGED, name=SUMS, message=message)]


def _check_names(members: Members, expected: dict[str, str]) -> Iterator[Problem]:
    for name in _REQUIRED:
        if name not in members.names and name not in expected:
            yield Problem(code=ProblemCode.MISSING, name=name, message=f"{name} is missing.")
    for name in (SUMS, SIGNATURE):
        if name in members.names and _read_small(members, name) is None:
            yield Problem(code=ProblemCode.CHANGED, name=name, message=f"{name} was changed: it is damaged.")
    for name in members.repeated:
        yield Problem(
            code=ProblemCode.DUPLICATE, name=name, message=f"{name!r} is in the zip more than once."
        )
    if members.is_padded:
        message = "The zip has bytes that belong to none of its files; some programs show them as files."
        yield Problem(code=ProblemCode.PADDED, name="", message=message)
    unsafe = members.unsafe
    for name in unsafe:
        message = f"{name!r} is no name of a pack: unpacking it could write outside the folder."
        yield Problem(code=ProblemCode.UNSAFE_NAME, name=name, message=message)
    for name in members.names:
        if name not in (SUMS, SIGNATURE, *unsafe) and name not in expected:
            message = f"{name} was added: {SUMS} does not name it."
            yield Problem(code=ProblemCode.ADDED, name=name, message=message)


def _check_member(members: Members, name: str, digest: str) -> list[Problem]:
    if name not in members.names:
        return [Problem(code=ProblemCode.MISSING, name=name, message=f"{name} is missing.")]
    try:
        found = members.digest(name)
    except MemberDamaged as error:
        message = f"{name} was changed: {error}."
    else:
        if found == digest:
            return []
        message = f"{name} was changed: its SHA-256 is {found}, not {digest}."
    return [Problem(code=ProblemCode.CHANGED, name=name, message=message)]


def _read_small(members: Members, name: str) -> bytes | None:
    if name not in members.names:
        return None
    try:
        return members.read(name, _MOST_SMALL_BYTES)
    except MemberDamaged:
        return None


def _read_about(members: Members) -> dict[str, Any]:
    try:
        about = json.loads(_read_small(members, ABOUT) or b"{}")
    except ValueError:
        return {}
    return about if isinstance(about, dict) else {}
