"""Processes stay small and start fast: no detector or training in pages, no pages in what only watches."""

import subprocess
import sys

_CODE = """
import io, sys, tempfile
from pathlib import Path
from core.accounts import ensure_owner, new_sign_in_link
from core.settings import Settings
from models import (Base)
from tests.unit.web.finished_job import add_finished_job
from web.factory import create_app

folder = Path(tempfile.mkdtemp())
app = create_app(Settings(data=folder / "data", allowed_roots=str(folder), broker_url="redis://127.0.0.1:1"))
from web.api_v1.document import SPEC
assert not SPEC.models, "schemas are made when the document is asked for"
database = app.extensions["maskloop"].database
Base.metadata.create_all(database.engine)
job = add_finished_job(database, folder)
with database.write() as rows:
    secret = new_sign_in_link(rows)
app.config["WTF_CSRF_ENABLED"] = False
client = app.test_client()
client.post(f"/sign-in/{secret}")
results = f"/jobs/{job}/results"
review = ("/review", "/review/queues/new", "/review/faces/1", "/review/reviewers", "/faces/1/crop")
for page in ("/", "/jobs/new", f"/jobs/{job}", results, results + "/0", "/photos/1/thumbnail", "/boxes",
             "/try", "/camera", "/boxes/photos/1", *review):
    assert client.get(page).status_code == 200, page
assert client.post(f"/review/jobs/{job}").status_code == 302
assert client.post("/review/reviewers/measure").status_code == 302
form = {"photo": (io.BytesIO(b"x"), "x")}
asked = client.post("/try/look", data=form, headers={"Accept": "application/json"})
assert asked.get_json()["error"]["code"] == "broker_unreachable"
form = {"source": "folder", "folder": str(folder), "smallest_face": 16, "indeterminate_below": 0.6}
assert client.post("/jobs/new", data=form).status_code == 302
heavy = {"cv2", "tensorflow", "keras", "onnxruntime", "ai_edge_litert", "pyarrow",
    "sklearn", "scipy", "pandas", "cleanlab", "statsmodels", "imagehash"}
print(sorted(heavy & {name.partition(".")[0] for name in sys.modules}))
"""


def test_pages_do_without_the_heavy_libraries() -> None:
    done = subprocess.run([sys.executable, "-c", _CODE], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.splitlines()[-1:]) == (0, ["[]"]), done.stderr


_WATCHING = """
import sys
import web.serve_command, workers.tasks, workers.tick, workers.training.trainer
others = {"flask", "spectree", "wtforms", "icrawler", "bs4", "lxml", "requests", "cv2", "onnxruntime",
    "ai_edge_litert", "tensorflow", "keras", "pyarrow", "scipy", "imagehash", "pillow_heif"}
print(sorted(others & {name.partition(".")[0] for name in sys.modules}))
"""


def test_what_starts_and_watches_loads_neither_pages_nor_networks() -> None:
    """Launcher, worker before it forks, tick and trainer: a service starts them all at once."""
    done = subprocess.run([sys.executable, "-c", _WATCHING], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.splitlines()[-1:]) == (0, ["[]"]), done.stderr
