"""An imported version leaves as Keras, LiteRT and ONNX; the example of each gives what the version gives."""

import ast
import io
import re
from contextlib import redirect_stdout
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from onnx import helper
from PIL import Image

from benchmarks.onnx_classifier import onnx_bytes
from core.detection.card import Runtime
from core.detection.network import load_network
from core.training.importing.card import imported_card, options_of
from core.training.importing.child import check_folder
from core.training.importing.folder import CheckRequest, ImportFolder, ModelFormat
from core.training.importing.options import Colours, ImportVersionOptions, Scaling
from core.versions.leaving import missing_formats, readme
from models import ClassifierVersion, Label, VersionFile, VersionFileKind
from tests.model_files import keras_bytes, keras_config
from tests.training import Late, need_training

need_training()
child = Late("core.training.converting.child")
converting = Late("core.training.converting.folder")

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
THREE = (Label.WITHOUT_MASK, Label.WITH_MASK, Label.INCORRECT)
SHARED = (Label.WITH_MASK, Label.WITHOUT_MASK, Label.WITH_MASK)
IMPORTED = VersionFileKind.IMPORTED


def keras_logits() -> bytes:
    """A network that ends without a softmax."""
    config = keras_config()
    config["config"]["layers"][-1]["config"]["activation"] = "linear"
    return keras_bytes(config)


def imported(path: Path, data: bytes, fmt: ModelFormat, **given: Any) -> dict[str, Any]:
    """Import a file; the card of the version."""
    folder, options = ImportFolder(path=path), ImportVersionOptions(upload_id=1, **given)
    folder.model.write_bytes(data)
    folder.request.write_text(CheckRequest(format=fmt, options=options).model_dump_json())
    found = check_folder(folder)
    assert found.code == "", found.message
    classifier = folder.classifier(found.runtime)
    return imported_card(options, found, classifier=classifier, origin={"file": "x", "sha256": "0"})


def converted(path: Path, card: dict[str, Any]) -> Any:
    """Write the formats that the version lacks; the answer of the child."""
    runtime = Runtime(card["runtime"])
    has = VersionFileKind.ONNX if runtime is Runtime.ONNX else VersionFileKind.LITERT
    missing = missing_formats([VersionFile(kind=has), VersionFile(kind=IMPORTED)])
    request = converting.ConvertRequest(
        runtime=runtime, side=card["input"]["side"], options=options_of(card), wanted=tuple(missing)
    )
    folder = ImportFolder(path=path)
    folder.request.write_text(request.model_dump_json())
    return child.convert_folder(folder)


CASES: dict[str, tuple[Any, ModelFormat, dict[str, Any]]] = {
    "Keras, softmax, shared labels": (keras_bytes, ModelFormat.KERAS, {"labels": SHARED}),
    "Keras, logits, blue first": (
        keras_logits,
        ModelFormat.KERAS,
        {"labels": THREE, "colours": Colours.BGR, "scaling": Scaling.SIGNED},
    ),
    "ONNX, logits, blue first": (
        lambda: onnx_bytes(3),
        ModelFormat.ONNX,
        {"labels": THREE, "colours": Colours.BGR, "scaling": Scaling.IMAGENET},
    ),
    "ONNX, softmax, one crop at a time": (
        lambda: onnx_bytes(3, softmax=True, batch=1),
        ModelFormat.ONNX,
        {"labels": SHARED, "scaling": Scaling.UNIT},
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_each_example_gives_what_the_version_gives(
    tmp_path: Path, case: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    make, fmt, options = CASES[case]
    card = imported(tmp_path, make(), fmt, **options)
    result = converted(tmp_path, card)
    assert (result.code, result.refused) == ("", {}) and len(result.names) == 2
    runtime = Runtime(card["runtime"])
    own = VersionFileKind.ONNX if runtime is Runtime.ONNX else VersionFileKind.LITERT
    names = {**result.names, own: ImportFolder(path=tmp_path).classifier(runtime).name}
    version = ClassifierVersion(name="v", card=card, created_at=datetime.now(UTC))
    text = readme(version, names)
    common, *_ = re.findall(r"```python\n(.*?)```", text, re.S)
    codes = dict(re.findall(r"## (Keras|LiteRT|ONNX)\n\n```python\n(.*?)```", text, re.S))
    assert set(codes) == {"Keras", "LiteRT", "ONNX"}

    side = card["input"]["side"]
    crop = np.random.default_rng(7).integers(0, 256, (side, side, 3)).astype(np.uint8)
    (tmp_path / names[own]).rename(tmp_path / "written" / names[own])
    monkeypatch.chdir(tmp_path / "written")
    Image.fromarray(crop).save("face.png")
    logits = load_network(Path(names[own]), runtime, threads=1).logits(crop)[0]
    wanted = np.exp(logits - logits.max()) / np.exp(logits - logits.max()).sum()
    for name, code in codes.items():
        with redirect_stdout(io.StringIO()) as out:
            exec(compile(common + "\n" + code, name, "exec"), {})
        found = ast.literal_eval(out.getvalue())
        assert list(found) == card["labels"]
        assert list(found.values()) == pytest.approx(wanted.tolist(), abs=1e-4), name


def test_an_operator_that_keras_lacks_is_named(tmp_path: Path) -> None:
    scales = np.array([1, 1, 2, 2], np.float32)
    resized = [helper.make_node("Resize", ["pictures", "", "scales"], ["given"], mode="nearest")]
    data = onnx_bytes(3, before=resized, arrays={"scales": scales})
    card = imported(tmp_path, data, ModelFormat.ONNX, labels=THREE, scaling=Scaling.UNIT)
    result = converted(tmp_path, card)
    assert result.code == "keras_layer_unknown" and "Resize" in result.message


def test_a_format_that_fails_keeps_no_other_one_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_given: Any) -> None:
        raise ValueError("a bug\nand more of it")

    card = imported(tmp_path, keras_bytes(), ModelFormat.KERAS, labels=THREE)
    monkeypatch.setattr("core.training.formats.write_onnx", fail)
    result = converted(tmp_path, card)
    assert result.refused == {VersionFileKind.ONNX: "ValueError: a bug"}
    assert set(result.names) == {VersionFileKind.KERAS_MODEL}


def test_a_file_that_says_something_else_is_not_kept(tmp_path: Path) -> None:
    card = imported(tmp_path, keras_bytes(), ModelFormat.KERAS, labels=THREE)
    card["origin"]["outputs"] = [label.value for label in (THREE[1], THREE[0], THREE[2])]
    result = converted(tmp_path, card)
    assert set(result.refused) == {VersionFileKind.KERAS_MODEL, VersionFileKind.ONNX} and not result.names
    assert all("differs" in reason for reason in result.refused.values())
