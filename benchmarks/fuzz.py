"""`python -m benchmarks.fuzz --minutes 60`: damaged pictures of every format, to see what they cost.

A process with the limits of a worker reads one damaged file after the other, as a job does: it decodes it and
computes its hashes. Files whose outcome is new join the corpus and are damaged further. If the process ends,
the file that it read last is kept, and another process goes on; that a process ends is what a worker would
have lost, and any error but one of the named codes is a row without a reason.
"""

import argparse
import hashlib
import json
import multiprocessing
import os
import random
import signal
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path

import numpy as np
from PIL import Image

from core.samples import encoding

_MEMORY_MB = 1024
#: Decoding one of these small files takes milliseconds. Processor time, so that no other program ends it; and
#: the time after which a decoder that waits for ever is ended.
_SECONDS, _HANGS_SECONDS = 20.0, 200.0
_MOST_FILES = 4000
#: Files that one process reads.
_ROUNDS = 2000


@dataclass(kw_only=True)
class Outcome:
    """What came of all files."""

    files: int = 0
    corpus: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    #: Ends of processes by signal or status.
    ended: Counter[str] = field(default_factory=Counter)
    unnamed: Counter[str] = field(default_factory=Counter)

    @property
    def ok(self) -> bool:
        """Whether every file was read or got a named error."""
        return not self.ended and not self.unnamed


def seeds() -> dict[str, bytes]:
    """A small picture in every format that is read, and in odd variants."""
    rgb = np.random.default_rng(0).integers(0, 255, (48, 64, 3), np.uint8)
    picture = Image.fromarray(rgb)
    return {
        "jpeg": encoding.turned_jpeg(rgb, 6),
        "progressive": encoding.jpeg(rgb, progressive=True),
        "cmyk": encoding.cmyk_jpeg(rgb),
        "png": encoding.saved(picture, "PNG"),
        "png16": encoding.deep_rgb_png(rgb),
        "palette": encoding.palette_png(rgb),
        "apng": encoding.animated(rgb, "PNG"),
        "webp": encoding.saved(picture, "WEBP"),
        "webp_animated": encoding.animated(rgb, "WEBP"),
        "gif": encoding.animated(rgb, "GIF"),
        "bmp": encoding.saved(picture, "BMP"),
        "tiff": encoding.saved(picture, "TIFF"),
        "tiff_lzw": encoding.saved(picture, "TIFF", compression="tiff_lzw"),
        "tiff_float": encoding.saved(picture.convert("F"), "TIFF"),
        "heic": encoding.heic(rgb),
        "avif": encoding.saved(picture, "AVIF"),
        "jpeg2000": encoding.saved(picture, "JPEG2000"),
    }


def damaged(data: bytes, chance: random.Random) -> bytes:
    """Some bytes changed, mostly in the header; sometimes a piece cut out, doubled or the end lost."""
    changed = bytearray(data)
    reach = len(changed) if chance.random() < 0.5 else min(len(changed), 300)
    for _ in range(chance.choice((1, 1, 2, 4, 16))):
        changed[chance.randrange(reach)] = chance.choice((0, 1, 127, 128, 255, chance.randrange(256)))
    at, how = chance.randrange(len(changed)), chance.random()
    if how < 0.1:
        return bytes(changed[: at + 1])
    if how < 0.3:
        del changed[at : at + chance.randrange(1, 64)]
    elif how < 0.4:
        changed[at:at] = changed[at : at + 32]
    return bytes(changed) or b"\0"


def fuzz(seconds: float, seed: int, kept: Path) -> Outcome:
    """Read damaged files for so long; `kept` gets the files that ended a process or had no named error."""
    chance, outcome = random.Random(seed), Outcome()
    corpus, known = list(seeds().values()), set[str]()
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        fuzz_one_process(corpus, known, chance, outcome, until, kept)
    outcome.corpus = len(corpus)
    return outcome


def fuzz_one_process(
    corpus: list[bytes],
    known: set[str],
    chance: random.Random,
    outcome: Outcome,
    until: float,
    kept: Path,
) -> None:
    """Read files in one process until it has ended, has read enough, or the time is over."""
    ours, theirs = multiprocessing.get_context("spawn").Pipe()
    reader = multiprocessing.get_context("spawn").Process(target=read_files, args=(theirs,), daemon=True)
    reader.start()
    theirs.close()
    for _ in range(_ROUNDS):
        if time.monotonic() > until:
            break
        data = damaged(chance.choice(corpus), chance)
        try:
            ours.send_bytes(data)
            said = ours.recv_bytes().decode()
        except (EOFError, OSError):
            reader.join()
            outcome.ended[_end_of(reader.exitcode)] += 1
            _keep(kept, data)
            break
        outcome.files += 1
        kind, _, detail = said.partition(" ")
        (outcome.unnamed if kind == "unnamed" else outcome.outcomes)[detail.split("\t")[0]] += 1
        if kind == "unnamed":
            _keep(kept, data)
        if said not in known and len(corpus) < _MOST_FILES:
            known.add(said)
            corpus.append(data)
    ours.close()
    reader.join()


def read_files(pipe: Connection) -> None:
    """Read files from the pipe with the limits of a worker, and answer what came of each."""
    from core.detection.decode import decode_photo
    from core.errors import InputError
    from core.library.fingerprints.hashes import hash_photo
    from workers.processes import end_after, limit_memory

    # The decoders' own libraries comment on each file there.
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    limit_memory(_MEMORY_MB)
    while True:
        try:
            data = pipe.recv_bytes()
        except EOFError:
            return
        end_after(_HANGS_SECONDS)
        signal.setitimer(signal.ITIMER_PROF, _SECONDS)
        try:
            photo = decode_photo(data)
            hash_photo(photo)
            said = f"read {photo.format}\t{photo.rgb.shape} {photo.frames} {photo.notes}"
        except InputError as error:
            said = f"error {error.code}\t{error.message[:80]}"
        except Exception as error:
            said = f"unnamed {type(error).__name__}: {error}"[:200]
        end_after(0)
        signal.setitimer(signal.ITIMER_PROF, 0)
        pipe.send_bytes(said.encode())


def _end_of(status: int | None) -> str:
    return signal.Signals(-status).name if status is not None and status < 0 else f"status {status}"


def _keep(folder: Path, data: bytes) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / hashlib.sha256(data).hexdigest()[:16]).write_bytes(data)


def main() -> int:
    """Fuzz, and print what came of it as JSON."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.fuzz", description=__doc__)
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", type=Path, default=Path("fuzz-findings"), help="folder for bad files")
    given = parser.parse_args()
    outcome = fuzz(given.minutes * 60, given.seed, given.keep)
    print(json.dumps(vars(outcome), indent=1))
    return 0 if outcome.ok else 1


if __name__ == "__main__":
    sys.exit(main())
