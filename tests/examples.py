"""The examples of the documents: their code blocks, and a shell that runs those of shells as they stand.

The shell is real, and so are `curl`, `jq` and whatever a Unix system has. `maskloop` is answered by this
process, which has it loaded. What a test machine lacks, or what takes hours, is stood in for by `STAND_INS`.
"""

import json
import os
import re
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import chdir
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
DOCUMENTS = [
    ROOT / "README.md",
    ROOT / "clients" / "python" / "README.md",
    *sorted((ROOT / "docs").rglob("*.md")),
]
_BLOCK = re.compile(r"^(?P<indent> *)```(?P<language>\w*)\n(?P<text>.*?)^ *```$", re.DOTALL | re.MULTILINE)
#: What stands in for a random token: the service of the tests has to know it.
RANDOM_TOKEN = "5e" * 32
#: Programs of the documents that no test machine has or that change it, and what stands in for them.
STAND_INS = {
    **dict.fromkeys(("createdb", "docker", "git", "kubectl", "kustomize", "pip"), "exit 0"),
    # Only what would be done: the target has to be there.
    "make": f'exec /usr/bin/make --dry-run --silent -C {ROOT} "$@" > /dev/null',
    "openssl": f'[ "$1" = rand ] && echo {RANDOM_TOKEN} || exec /usr/bin/openssl "$@"',
    "curl": 'exec /usr/bin/curl --fail-with-body --silent --show-error "$@"',
}
#: What a program prints: its words and environment are sent, status, output and errors come back.
_ASKING = """#!{python} -IS
import json, os, socket, sys
words = [os.path.basename(sys.argv[0]), *sys.argv[1:]]
with socket.create_connection(("127.0.0.1", {port})) as asked:
    asked.sendall(json.dumps([words, os.getcwd(), dict(os.environ)]).encode())
    asked.shutdown(socket.SHUT_WR)
    status, output, errors = json.loads(b"".join(iter(lambda: asked.recv(65536), b"")))
sys.stdout.write(output)
sys.stderr.write(errors)
sys.exit(status)
"""

#: Answers a program: its words and environment to status, output and errors.
Answer = Callable[[Sequence[str], Mapping[str, str]], tuple[int, str, str]]


@dataclass(frozen=True, kw_only=True)
class Example:
    """A code block."""

    #: Path of the document in the repository.
    document: str
    #: Line of its fence.
    line: int
    language: str
    text: str

    @property
    def first(self) -> str:
        """Its first line."""
        return self.text.partition("\n")[0]

    def __str__(self) -> str:
        return f"{self.document}:{self.line} ({self.language})"


def read_examples() -> Iterator[Example]:
    """Every code block of every document."""
    for path in DOCUMENTS:
        text = path.read_text(encoding="utf-8")
        for found in _BLOCK.finditer(text):
            lines = found["text"].splitlines(keepends=True)
            yield Example(
                document=str(path.relative_to(ROOT)),
                line=text.count("\n", 0, found.start()) + 1,
                language=found["language"],
                text="".join(line.removeprefix(found["indent"]) for line in lines),
            )


class ExampleShell:
    """Runs examples with bash in one folder, which is also the home; it stops at the first that fails."""

    def __init__(self, folder: Path, answer: Answer, environment: Mapping[str, str]) -> None:
        """`answer` answers `maskloop` and `python`."""
        self._folder, self._answer = folder, answer
        self._listener = socket.create_server(("127.0.0.1", 0))
        # So often it is seen whether the shell has ended.
        self._listener.settimeout(0.02)
        programs = folder / "programs"
        programs.mkdir()
        asking = _ASKING.format(python=sys.executable, port=self._listener.getsockname()[1])
        for name in ("maskloop", "python"):
            _write_program(programs / name, asking)
        for name, body in STAND_INS.items():
            _write_program(programs / name, f"#!/bin/sh\n{body}\n")
        (folder / ".venv").mkdir()
        (folder / ".venv" / "bin").symlink_to(programs)
        self._environment = {"PATH": f"{programs}:{os.defpath}", "HOME": str(folder), "LC_ALL": "C.UTF-8"}
        self._environment |= environment

    def close(self) -> None:
        """Answer no more."""
        self._listener.close()

    def run(self, text: str) -> str:
        """What an example prints; it fails with its errors."""
        outputs = [self._folder / name for name in ("output", "errors")]
        with outputs[0].open("wb") as output, outputs[1].open("wb") as errors:
            shell = subprocess.Popen(
                ["bash", "-euo", "pipefail", "-c", text],
                cwd=self._folder, env=self._environment, stdin=subprocess.DEVNULL, stdout=output,
                stderr=errors,
            )  # fmt: skip
            try:
                while shell.poll() is None:
                    self._answer_one()
            finally:
                shell.kill()
                shell.wait()
        printed, complained = (path.read_text(errors="replace") for path in outputs)
        assert shell.returncode == 0, f"{text}\nstatus {shell.returncode}: {complained}{printed}"
        return printed

    def _answer_one(self) -> None:
        try:
            connection, _ = self._listener.accept()
        except TimeoutError:
            return
        with connection:
            connection.settimeout(None)
            asked = b"".join(iter(lambda: connection.recv(1 << 16), b""))
            words, folder, environment = json.loads(asked)
            with chdir(folder):
                answer = self._answer(words, environment)
            connection.sendall(json.dumps(answer).encode())


def _write_program(path: Path, text: str) -> None:
    path.write_text(text)
    path.chmod(0o755)
