"""The commands of the guide about watched folders, as they stand there."""

import re
import shutil
from pathlib import Path

import pytest

from core.settings import Settings
from tests.forked import fork_watcher, kill, run_maskloop
from tests.watched import taken
from workers.setup import prepare

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
_BLOCK = re.compile(r"```sh\n(.*?)```", re.DOTALL)


def test_the_commands_of_the_guide(tmp_path: Path, weights: Path) -> None:
    """Each is run in the reader's folder; the photo is taken by the watcher in between."""
    import shlex
    import time

    from core.database import Database

    text = (ROOT / "docs" / "guides" / "watched-folder.md").read_text(encoding="utf-8")
    settings = Settings(data=tmp_path / "data", allowed_roots=str(tmp_path), min_free_bytes=0, worker_nice=0)
    settings.data.mkdir()
    shutil.copytree(weights, settings.weights)
    prepare(settings)
    (tmp_path / "scans").mkdir()
    shutil.copyfile(ROOT / "core" / "samples" / "astronaut.jpg", tmp_path / "scans" / "portrait.jpg")
    database, watcher = Database(settings.sql_url), fork_watcher(settings)
    said: dict[str, str] = {}
    for command in "".join(_BLOCK.findall(text)).splitlines():
        words = shlex.split(command)
        if words[0] == "maskloop":
            done = run_maskloop(*words[1:], environment=settings.to_child_env(), folder=tmp_path)
            assert done.returncode == 0, f"{command}: {done.stderr}"
            said[command] = done.stdout
        elif words[0] == "mkdir":
            (tmp_path / words[-1]).mkdir(parents=True)
        elif words[0] == "cp":
            shutil.copyfile(tmp_path / words[1], tmp_path / words[2])
        else:
            assert words[0] == "mv", command
            (tmp_path / words[1]).rename(tmp_path / words[2])
            until = time.monotonic() + 60
            while taken(database) != {"portrait.jpg": 1}:
                assert time.monotonic() < until, "the photo was not taken"
                time.sleep(0.1)
    kill(watcher)
    database.dispose()
    assert "photos taken: 1" in said["maskloop schedule show 1"]
    assert "1 new photo." in said["maskloop schedule runs 1"]
    assert "Gate" in said["maskloop jobs"]
    assert len(said) == 7, "every command was run"
