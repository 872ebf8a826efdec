"""`maskloop verify`: checks an evidence pack, without a data folder and without a network."""

import json
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

import click

from core.errors import InputError
from core.evidence.verify import ProblemCode, TrustedKey, Verdict, verify_pack
from core.number_text import plural

#: Exit statuses, which are stable.
VERIFIED, CHANGED, KEY_UNKNOWN = 0, 1, 3


def verify_file(pack: Path, *, public_key: Path | None, fingerprint: str | None, as_json: bool) -> int:
    """Print what is wrong with the pack; returns the exit status. Raises InputError for what is no pack."""
    verdict = verify_pack(pack, _trusted(public_key, fingerprint))
    click.echo(json.dumps(_fields(pack, verdict), indent=2) if as_json else _text(pack, verdict))
    if verdict.is_verified:
        return VERIFIED
    return KEY_UNKNOWN if verdict.is_intact else CHANGED


def _trusted(public_key: Path | None, fingerprint: str | None) -> TrustedKey | None:
    if public_key is not None:
        try:
            return TrustedKey.of(pem=public_key.read_bytes())
        except OSError as error:
            message = f"{public_key} cannot be read: {error.strerror}."
            raise InputError("public_key_invalid", message) from error
    return TrustedKey.of(text=fingerprint) if fingerprint is not None else None


def _fields(pack: Path, verdict: Verdict) -> dict[str, object]:
    return {
        "pack": str(pack),
        "verified": verdict.is_verified,
        "intact": verdict.is_intact,
        "files_intact": verdict.intact,
        "fingerprint": verdict.fingerprint,
        "about": verdict.about if verdict.is_intact else None,
        "problems": [asdict(problem) for problem in verdict.problems],
    }


def _text(pack: Path, verdict: Verdict) -> str:
    lines = [f"{problem.code.value}: {problem.message}" for problem in verdict.problems]
    if verdict.is_verified:
        lines.append(f"Verified: {_about(verdict)}, signed by the given key.")
    elif verdict.is_intact:
        lines.append(f"Intact, but the key is unknown: {_about(verdict)}.")
        lines.append("Compare the fingerprint with the one on the System page of the service.")
    else:
        about = plural(sum(p.code is not ProblemCode.KEY_UNKNOWN for p in verdict.problems), "problem")
        lines.append(f"Not intact: {about} in {pack}.")
    return "\n".join(map(_printable, lines))


def _about(verdict: Verdict) -> str:
    about = verdict.about
    written = _moment_words(str(about["written_at"])) if "written_at" in about else None
    of_job = f"{plural(verdict.intact, 'file')} of job {about.get('job', 'unknown')}"
    return f"{of_job}, written {written}" if written else f"{of_job}, without a date"


def _moment_words(text: str) -> str:
    """29 November 2026, 14:03 UTC; text that is no moment as it is."""
    try:
        return f"{datetime.fromisoformat(text).astimezone(UTC):%-d %B %Y, %H:%M} UTC"
    except ValueError:
        return text


def _printable(line: str) -> str:
    """The line with escapes for control characters: names and dates are whatever the pack says."""
    return "".join(char if char.isprintable() else ascii(char)[1:-1] for char in line)
