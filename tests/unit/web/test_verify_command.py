"""`maskloop verify` needs the pack alone, and its exit statuses are stable."""

import json
from pathlib import Path
from zipfile import ZipFile

import pytest
from click.testing import CliRunner, Result
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from core.evidence.signing import fingerprint, public_pem
from tests.unit.evidence.conftest import FILES, pack_bytes
from web.cli import main

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
PRINT = fingerprint(KEY.public_key())


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    path = tmp_path / "evidence.zip"
    path.write_bytes(pack_bytes(KEY))
    (tmp_path / "key.pem").write_bytes(public_pem(KEY.public_key()))
    return path


def say(pack: Path, *words: str) -> Result:
    nowhere = {"MASKLOOP_DATA": "/nonexistent/data", "MASKLOOP_DATABASE_URL": "postgresql://nowhere/none"}
    return CliRunner().invoke(main, ["verify", str(pack), *words], env=nowhere)


def test_an_intact_pack(pack: Path) -> None:
    for words in (("--public-key", str(pack.parent / "key.pem")), ("--fingerprint", PRINT)):
        said = say(pack, *words)
        assert said.exit_code == 0, said.output
        assert said.stdout.startswith("Verified: 6 files of job 7")


def test_an_unknown_key(pack: Path) -> None:
    for words in ((), ("--fingerprint", "0" * 64)):
        said = say(pack, *words)
        assert said.exit_code == 3
        assert PRINT in said.stdout and "Intact, but the key is unknown" in said.stdout


def test_a_changed_pack_names_the_file(pack: Path) -> None:
    pack.write_bytes(pack_bytes(KEY, {**FILES, "report/more.csv": b"x"}))
    with ZipFile(pack) as archive:
        data = {name: archive.read(name) for name in archive.namelist()}
    with ZipFile(pack, "w") as archive:
        for name in data.keys() - {"report/more.csv"}:
            archive.writestr(name, data[name].replace(b"with_mask", b"incorrect"))
    said = say(pack, "--fingerprint", PRINT, "--json")
    assert said.exit_code == 1
    found = json.loads(said.stdout)
    assert (found["verified"], found["intact"], found["about"]) == (False, False, None)
    assert {(problem["code"], problem["name"]) for problem in found["problems"]} == {
        ("changed", "report/faces.csv"), ("missing", "report/more.csv"),
    }  # fmt: skip


def test_json_of_an_intact_pack(pack: Path) -> None:
    found = json.loads(say(pack, "--fingerprint", PRINT, "--json").stdout)
    assert found == {
        "pack": str(pack), "verified": True, "intact": True, "files_intact": 6, "fingerprint": PRINT,
        "about": {"job": 7}, "problems": [],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("written_at", "said"),
    [
        ("2026-11-29T15:18:10.635631+00:00", "written 29 November 2026, 15:18 UTC, signed"),
        ("\x1b[2J today", "written \\x1b[2J today, signed"),
    ],
)
def test_the_date_is_readable_and_a_pack_cannot_steer_the_terminal(
    pack: Path, written_at: str, said: str
) -> None:
    about = json.dumps({"job": 7, "written_at": written_at}).encode()
    pack.write_bytes(pack_bytes(KEY, {**FILES, "about.json": about}))
    assert said in say(pack, "--fingerprint", PRINT).stdout


def test_what_is_no_pack(tmp_path: Path) -> None:
    (tmp_path / "text.zip").write_text("no zip")
    for name, code in (
        ("text.zip", "pack_unreadable"),
        ("none.zip", "pack_not_found"),
        ("", "pack_unreadable"),
    ):
        said = say(tmp_path / name)
        assert said.exit_code == 2 and said.stderr.startswith(f"maskloop: {code}: ")


def test_what_is_no_key(pack: Path) -> None:
    for words, code in (
        (("--public-key", str(pack)), "public_key_invalid"),
        (("--public-key", str(pack.parent / "none.pem")), "public_key_invalid"),
        (("--fingerprint", "12"), "fingerprint_invalid"),
        (("--fingerprint", PRINT, "--public-key", "x"), "Give --public-key or --fingerprint"),
    ):
        said = say(pack, *words)
        assert said.exit_code == 2 and code in said.stderr
