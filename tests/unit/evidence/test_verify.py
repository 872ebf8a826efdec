"""A pack that is spoilt anywhere is found out, and the spoilt file is named."""

import io
import random
import shutil
import subprocess
import warnings
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile

import pytest
from click.testing import CliRunner
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from core.errors import InputError
from core.evidence import members
from core.evidence.pack import PUBLIC_KEY, SIGNATURE, SUMS
from core.evidence.signing import fingerprint, public_pem
from core.evidence.verify import ProblemCode, TrustedKey, verify_pack
from tests.examples import read_examples
from tests.unit.evidence.conftest import FILES, pack_bytes, zip_again
from web.cli import main

OTHER_KEY = Ed25519PrivateKey.from_private_bytes(bytes(32))


@pytest.fixture
def trusted(key: Ed25519PrivateKey) -> TrustedKey:
    return TrustedKey.of(pem=public_pem(key.public_key()))


def _problems(path: Path, trusted: TrustedKey | None) -> set[tuple[str, str]]:
    return {(problem.code.value, problem.name) for problem in verify_pack(path, trusted).problems}


def test_an_intact_pack(pack: Path, trusted: TrustedKey, key: Ed25519PrivateKey) -> None:
    verdict = verify_pack(pack, trusted)
    assert verdict.is_verified and verdict.intact == len(FILES) + 2
    assert verdict.fingerprint == fingerprint(key.public_key())
    assert verdict.about == {"job": 7}


def test_the_same_files_give_the_same_pack(key: Ed25519PrivateKey) -> None:
    assert pack_bytes(key) == pack_bytes(key)


def test_a_key_is_trusted_only_if_somebody_gave_it(pack: Path, trusted: TrustedKey) -> None:
    for given in (None, TrustedKey.of(pem=public_pem(OTHER_KEY.public_key()))):
        verdict = verify_pack(pack, given)
        assert [problem.code for problem in verdict.problems] == [ProblemCode.KEY_UNKNOWN]
        assert verdict.is_intact and not verdict.is_verified
    spaced = " ".join(trusted.fingerprint[n : n + 4].upper() for n in range(0, 64, 4))
    assert verify_pack(pack, TrustedKey.of(text=spaced)).is_verified


def test_a_pack_signed_again_by_somebody_else(pack: Path, trusted: TrustedKey) -> None:
    pack.write_bytes(pack_bytes(OTHER_KEY, {**FILES, "report/faces.csv": b"forged"}))
    assert _problems(pack, trusted) == {("key_unknown", PUBLIC_KEY)}


@pytest.mark.parametrize("text", ["", "12", "g" * 64, "a" * 65])
def test_what_is_no_fingerprint(text: str) -> None:
    with pytest.raises(InputError) as caught:
        TrustedKey.of(text=text)
    assert caught.value.code == "fingerprint_invalid"


def test_a_changed_a_missing_and_an_added_file_are_named(pack: Path, trusted: TrustedKey) -> None:
    def spoil(files: dict[str, bytes]) -> None:
        files["report/faces.csv"] = files["report/faces.csv"].replace(b"with_mask", b"incorrect", 1)
        del files["photos.sha256"]
        files["report/more.csv"] = b""

    assert _problems(zip_again(pack, spoil), trusted) == {
        ("changed", "report/faces.csv"), ("missing", "photos.sha256"), ("added", "report/more.csv"),
    }  # fmt: skip


@pytest.mark.parametrize("name", [SUMS, SIGNATURE, PUBLIC_KEY, "about.json"])
def test_what_every_pack_has(pack: Path, trusted: TrustedKey, name: str) -> None:
    assert ("missing", name) in _problems(zip_again(pack, lambda files: files.pop(name) and None), trusted)


def test_checksums_changed_to_fit_are_a_wrong_signature(pack: Path, trusted: TrustedKey) -> None:
    def spoil(files: dict[str, bytes]) -> None:
        line = next(line for line in files[SUMS].splitlines(keepends=True) if b"faces.csv" in line)
        files[SUMS] = files[SUMS].replace(line, b"")
        del files["report/faces.csv"]

    assert _problems(zip_again(pack, spoil), trusted) == {("signature_wrong", SIGNATURE)}


def test_any_byte_of_any_file_in_a_zip_without_fault(pack: Path, trusted: TrustedKey) -> None:
    """As a forger does it: the zip is whole, only the content differs."""
    original = pack.read_bytes()
    with ZipFile(pack) as archive:
        sizes = {info.filename: info.file_size for info in archive.infolist()}
    draw = random.Random(1)
    for name, size in sizes.items():
        for place in {0, size - 1, *(draw.randrange(size) for _ in range(12))}:
            pack.write_bytes(original)

            def flip(files: dict[str, bytes], name: str = name, place: int = place) -> None:
                data = bytearray(files[name])
                data[place] ^= 1 << draw.randrange(8)
                files[name] = bytes(data)

            problems = verify_pack(zip_again(pack, flip), trusted).problems
            about = {problem.name for problem in problems}
            assert name in about or (name == SUMS and SIGNATURE in about), (name, place)


def test_any_byte_of_the_zip(pack: Path, trusted: TrustedKey) -> None:
    """Either it is found out, or what is read is what was written."""
    original = pack.read_bytes()
    with ZipFile(pack) as archive:
        written = {name: archive.read(name) for name in archive.namelist()}
    for place in random.Random(2).sample(range(len(original)), 500):
        data = bytearray(original)
        data[place] ^= 0x55
        pack.write_bytes(data)
        try:
            if not verify_pack(pack, trusted).is_verified:
                continue
        except InputError:
            continue
        with ZipFile(pack) as archive:
            assert {name: archive.read(name) for name in archive.namelist()} == written, place


@pytest.mark.parametrize("size", [0, 1, 21, 200])
def test_a_pack_cut_short(pack: Path, trusted: TrustedKey, size: int) -> None:
    pack.write_bytes(pack.read_bytes()[:size])
    with pytest.raises(InputError) as caught:
        verify_pack(pack, trusted)
    assert caught.value.code == "pack_unreadable"


@pytest.mark.parametrize(
    "name", ["../evil", "/etc/passwd", "a/../../b", "C:\\x", "report\\x", "a\nb", "fäces.csv"]
)
def test_names_that_leave_the_folder(pack: Path, trusted: TrustedKey, name: str) -> None:
    def spoil(files: dict[str, bytes]) -> None:
        files[name] = b"x"

    assert ("unsafe_name", name) in _problems(zip_again(pack, spoil), trusted)


def test_two_files_of_one_name(pack: Path, trusted: TrustedKey) -> None:
    with warnings.catch_warnings(action="ignore"), ZipFile(pack, "a") as archive:
        archive.writestr("report/faces.csv", FILES["report/faces.csv"])
    assert _problems(pack, trusted) == {("duplicate", "report/faces.csv")}


def _hidden() -> bytes:
    """A file that only programs without an eye for the directory find."""
    file = io.BytesIO()
    with ZipFile(file, "w") as archive:
        archive.writestr("report/faces.csv", b"forged")
        return file.getvalue()


@pytest.mark.parametrize("place", ["before", "between", "behind", "comment"])
def test_bytes_of_no_file(pack: Path, trusted: TrustedKey, place: str) -> None:
    """`bsdtar` and others read a zip from its beginning."""
    data = pack.read_bytes()
    with ZipFile(pack) as archive:
        directory = archive.start_dir
    match place:
        case "before":
            pack.write_bytes(_hidden() + data)
        case "between":
            at = len(data) - 22
            moved = directory + len(_hidden())
            end = data[at : at + 16] + moved.to_bytes(4, "little") + data[at + 20 :]
            pack.write_bytes(data[:directory] + _hidden() + data[directory:at] + end)
        case "behind":
            pack.write_bytes(data + b"more")
        case _:
            with ZipFile(pack, "a") as archive:
                archive.comment = b"verified by nobody"
    assert _problems(pack, trusted) == {("padded", "")}


def test_a_zip_written_to_a_pipe_is_not_padded(pack: Path, trusted: TrustedKey) -> None:
    """Its sizes follow the content, as macOS and `zip -` write them."""

    class Pipe(io.BytesIO):
        def seekable(self) -> bool:
            return False

        def tell(self) -> int:
            raise OSError

    piped = Pipe()
    with ZipFile(pack) as old, ZipFile(piped, "w", ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, old.read(name))
    pack.write_bytes(piped.getvalue())
    with ZipFile(pack) as archive:
        assert all(info.flag_bits & 8 for info in archive.infolist())
    assert verify_pack(pack, trusted).is_verified


def test_folders_that_a_zip_program_adds_are_nothing(pack: Path, trusted: TrustedKey) -> None:
    with ZipFile(pack, "a") as archive:
        archive.mkdir("report")
    assert verify_pack(pack, trusted).is_verified


def test_a_zip_that_unpacks_to_far_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(members, "_ALWAYS_ALLOWED", 1000)
    path = tmp_path / "bomb.zip"
    with ZipFile(path, "w", ZIP_DEFLATED) as archive:
        archive.writestr("about.json", bytes(10 << 20))
    with pytest.raises(InputError) as caught:
        verify_pack(path, None)
    assert caught.value.code == "pack_hostile"


def test_files_that_overlap(tmp_path: Path) -> None:
    """Two entries of the directory that point at one file, as in David Fifield's bomb."""
    file = io.BytesIO()
    with ZipFile(file, "w", ZIP_STORED) as archive:
        archive.writestr("a.bin", bytes(100_000))
        archive.infolist()[0].filename = "b.bin"
        archive.filelist.append(archive.filelist[0])
    path = tmp_path / "overlap.zip"
    path.write_bytes(file.getvalue())
    with pytest.raises(InputError) as caught:
        verify_pack(path, None)
    assert caught.value.code == "pack_hostile"


def test_too_many_files(tmp_path: Path) -> None:
    path = tmp_path / "many.zip"
    with ZipFile(path, "w") as archive:
        for n in range(1001):
            archive.writestr(str(n), b"")
    with pytest.raises(InputError) as caught:
        verify_pack(path, None)
    assert caught.value.code == "pack_hostile"


@pytest.mark.skipif(shutil.which("openssl") is None, reason="needs openssl")
def test_openssl_and_sha256sum_verify_it_as_its_readme_says(
    pack: Path, tmp_path: Path, key: Ed25519PrivateKey
) -> None:
    folder = tmp_path / "unpacked"
    with ZipFile(pack) as archive:
        archive.extractall(folder)
    read_me = (folder / "README.txt").read_text()
    assert fingerprint(key.public_key()) in read_me
    commands = (
        read_me.partition("Unpack it into an empty folder")[2].partition("\n\n")[2].partition("\n\n")[0]
    )

    def run() -> subprocess.CompletedProcess[str]:
        return subprocess.run(["sh", "-ec", commands], cwd=folder, capture_output=True, text=True)

    by_command, by_openssl = (each.text for each in read_examples() if each.document == "docs/evidence.md")
    assert by_openssl.splitlines() == [
        " ".join(line.split()) for line in commands.replace("\\\n", "").splitlines()
    ]
    (folder.parent / "evidence-key.pem").write_bytes(public_pem(key.public_key()))
    for line in by_command.replace("HEX", fingerprint(key.public_key())).splitlines():
        words = [str(tmp_path / word) if "evidence" in word else word for word in line.split()[1:]]
        assert "Verified: " in CliRunner().invoke(main, words).stdout, line
    good = run()
    assert good.returncode == 0, good.stderr
    assert fingerprint(key.public_key()) in good.stdout
    assert "Signature Verified Successfully" in good.stdout
    assert good.stdout.count(": OK\n") == len(FILES) + 2
    (folder / "report" / "faces.csv").write_bytes(b"forged")
    assert run().returncode != 0
    (folder / SUMS).write_bytes((folder / SUMS).read_bytes().replace(b"a", b"b"))
    assert "Signature Verification Failure" in run().stdout
