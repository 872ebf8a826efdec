"""A version leaves as Keras, LiteRT and ONNX; each example is run and gives what the product gives."""

import ast
import io
import re
import zipfile
from contextlib import redirect_stdout
from datetime import UTC, datetime
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

import core.samples
from core.detection.card import CHAMPION, read_card
from core.detection.classifier import MaskClassifier
from core.detection.crop import cut
from core.errors import PermanentError
from core.settings import Settings
from core.versions.files import NewVersion, keep_paths, keep_shipped, version_files
from core.versions.leaving import LeavingFile, leaving_names, readme, write_zip
from models import ClassifierVersion, Label, VersionFile, VersionFileKind
from tests.conftest import made_once
from tests.training import Late, need_training

need_training()

formats = Late("core.training.formats")
backbone = Late("core.training.backbone")
DOCUMENT = Path(__file__).resolve().parents[3] / "docs" / "models.md"
#: Upright corners of the face in the astronaut's portrait.
FACE = np.array([[180.0, 70.0, 270.0, 185.0]], np.float32)


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Keras and ONNX files of the shipped version."""

    def write(folder: Path) -> None:
        card = read_card(CHAMPION)
        network = backbone.open_network(CHAMPION / "weights.npz", card.side)
        wanted = (VersionFileKind.KERAS_MODEL, VersionFileKind.ONNX)
        formats.write_formats(network, wanted, folder)

    return made_once(tmp_path_factory, "formats", write)


@pytest.fixture
def unpacked(tmp_path: Path, written: Path) -> Path:
    """The zip of the shipped version with all formats, unpacked, and a real crop beside it."""
    store = version_files(Settings(data=tmp_path / "data"))
    shipped: NewVersion = keep_shipped(store)
    more = {
        VersionFileKind.KERAS_MODEL: written / "classifier.keras",
        VersionFileKind.ONNX: written / "classifier.onnx",
    }
    version = ClassifierVersion(name="shipped", card=dict(shipped.card), created_at=datetime.now(UTC))
    files = [VersionFile(**vars(file)) for file in (*shipped.files, *keep_paths(store, more))]
    names = leaving_names(files)
    leaving = [
        LeavingFile(kind=file.kind, name=names[file.kind], path=store.path(file.sha256))
        for file in files
        if file.kind in names
    ]
    packed = io.BytesIO()
    write_zip(readme(version, names), leaving, packed)
    folder = tmp_path / "unpacked"
    with zipfile.ZipFile(packed) as archive:
        assert archive.testzip() is None
        archive.extractall(folder)
    Image.fromarray(real_crop()).save(folder / "face.png")
    return folder


def real_crop() -> np.ndarray:
    photo = cv2.imread(str(Path(core.samples.__file__).parent / "astronaut.jpg"))
    card = read_card(CHAMPION)
    return cut(cv2.cvtColor(photo, cv2.COLOR_BGR2RGB), FACE, side=card.side, context=card.context)[0]


def blocks(text: str) -> list[str]:
    return re.findall(r"```python\n(.*?)```", text, re.S)


def examples(text: str) -> dict[str, str]:
    """The code of each format by its heading, without the common part."""
    return dict(re.findall(r"## (\w+)\n\n```python\n(.*?)```", text, re.S))


def test_the_zip_holds_what_other_programs_need(unpacked: Path) -> None:
    names = {path.name for path in unpacked.iterdir()} - {"face.png"}
    assert names == {"README.md", "card.json", "classifier.keras", "classifier.onnx", "classifier.tflite"}


@pytest.mark.parametrize("name", ["Keras", "LiteRT", "ONNX"])
def test_each_example_gives_what_the_product_gives(
    unpacked: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = (unpacked / "README.md").read_text()
    common, code = blocks(text)[0], examples(text)[name]
    lines = [line for line in code.splitlines() if line and not line.startswith(("import", "from"))]
    assert len(lines) <= 5
    monkeypatch.chdir(unpacked)
    with redirect_stdout(io.StringIO()) as out:
        exec(compile(common + "\n" + code, name, "exec"), {})
    found = ast.literal_eval(out.getvalue())
    wanted = MaskClassifier(read_card(CHAMPION)).of_crops(real_crop()[None])[0]
    assert list(found) == [label.value for label in Label]
    # The file that predicts has 8-bit weights; the others are those of the network.
    bound = 1e-5 if name == "LiteRT" else 0.005
    assert list(found.values()) == pytest.approx(wanted.tolist(), abs=bound)


def test_the_examples_of_the_document_are_those(unpacked: Path) -> None:
    assert blocks((unpacked / "README.md").read_text()) == [
        block for block in blocks(DOCUMENT.read_text(encoding="utf-8")) if "client." not in block
    ]


def test_formats_that_do_not_agree_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    network = backbone.open_network(CHAMPION / "weights.npz", 112)
    monkeypatch.setattr("core.training.formats.BOUND", -1.0)
    with pytest.raises(PermanentError) as refused:
        formats.write_formats(network, (VersionFileKind.ONNX,), tmp_path)
    assert refused.value.code == "export_differs"
