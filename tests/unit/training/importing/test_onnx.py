"""ONNX files: good ones become versions that give the same answers, bad ones are refused by a code."""

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from benchmarks.onnx_classifier import SIDE, mean_weights, onnx_bytes, onnx_model
from core.detection.card import Runtime
from core.detection.network import load_network
from core.training.importing.child import check_folder
from core.training.importing.folder import CheckRequest, CheckResult, ImportFolder, ModelFormat
from core.training.importing.options import Colours, ImportVersionOptions, Scaling
from core.training.importing.trial import trial_crops
from models import Label
from tests.model_files import expected_logits

FOUR = (Label.NOT_A_FACE, Label.WITH_MASK, Label.INCORRECT, Label.WITHOUT_MASK)
COLUMNS = [FOUR.index(label) for label in Label]


def check(path: Path, data: bytes, **options: Any) -> CheckResult:
    """Check a file in this process."""
    given = {"labels": FOUR, "scaling": Scaling.UNIT, **options}
    folder = ImportFolder(path=path)
    folder.model.write_bytes(data)
    request = CheckRequest(format=ModelFormat.ONNX, options=ImportVersionOptions(upload_id=1, **given))
    folder.request.write_text(request.model_dump_json())
    return check_folder(folder)


def probabilities(logits: np.ndarray) -> np.ndarray:
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def run(path: Path, crops: np.ndarray) -> np.ndarray:
    network = load_network(ImportFolder(path=path).classifier(Runtime.ONNX), Runtime.ONNX, threads=1)
    return probabilities(np.concatenate([network.logits(crop) for crop in crops]))


@pytest.mark.parametrize("softmax", [False, True])
def test_the_version_gives_the_answers_of_the_file_by_label(tmp_path: Path, softmax: bool) -> None:
    found = check(tmp_path, onnx_bytes(softmax=softmax))
    assert (found.code, found.side, found.probabilities, found.batch) == ("", SIDE, softmax, None)
    crops = trial_crops(SIDE)
    wanted = probabilities(expected_logits(crops))[:, COLUMNS]
    assert run(tmp_path, crops) == pytest.approx(wanted, abs=1e-5)


def test_blue_first_and_imagenet_scaling(tmp_path: Path) -> None:
    found = check(tmp_path, onnx_bytes(), colours=Colours.BGR, scaling=Scaling.IMAGENET)
    assert found.code == ""
    crops = trial_crops(SIDE)
    mean, deviation = np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225])
    scaled = (crops[..., ::-1] / 255 - mean) / deviation
    wanted = probabilities(scaled.mean(axis=(1, 2)) @ mean_weights(4))[:, COLUMNS]
    assert run(tmp_path, crops) == pytest.approx(wanted, abs=1e-4)


def test_two_labels_and_outputs_that_share_one(tmp_path: Path) -> None:
    labels = (Label.INCORRECT, Label.WITH_MASK, Label.INCORRECT)
    assert check(tmp_path, onnx_bytes(3), labels=labels).code == ""
    crops = trial_crops(SIDE)
    each = probabilities(expected_logits(crops, 3))
    wanted = np.stack([each[:, 1], each[:, 0] + each[:, 2]], axis=1)
    assert run(tmp_path, crops) == pytest.approx(wanted, abs=1e-5)


def test_one_crop_at_a_time(tmp_path: Path) -> None:
    assert check(tmp_path, onnx_bytes(batch=1)).batch == 1
    assert run(tmp_path, trial_crops(SIDE)[:1]).shape == (1, 4)


def test_a_side_that_the_file_leaves_open_is_asked_for(tmp_path: Path) -> None:
    assert check(tmp_path, onnx_bytes(side="s")).code == "model_side"
    assert check(tmp_path, onnx_bytes(side="s"), side=64).side == 64
    assert check(tmp_path, onnx_bytes(), side=64).code == "model_side"


def test_the_same_graph_with_other_labels_is_another_file(tmp_path: Path) -> None:
    files = []
    for labels in (FOUR[1:3], FOUR[1:4:2]):
        check(tmp_path, onnx_bytes(2), labels=labels)
        files.append(ImportFolder(path=tmp_path).classifier(Runtime.ONNX).read_bytes())
    assert files[0] != files[1]


def node(kind: str, inputs: list[str], domain: str = "", **attributes: Any) -> list[onnx.NodeProto]:
    """A node between the input and the network."""
    return [helper.make_node(kind, inputs, ["given"], domain=domain, **attributes)]


def with_external_data() -> bytes:
    model = onnx_model()
    array = model.graph.initializer[0]
    array.ClearField("raw_data")
    array.data_location = TensorProto.EXTERNAL
    array.external_data.add(key="location", value="../../etc/passwd")
    return model.SerializeToString()


def with_custom_domain() -> bytes:
    model = onnx_model(before=node("Steal", ["pictures"], domain="com.example"))
    model.opset_import.append(helper.make_opsetid("com.example", 1))
    return model.SerializeToString()


def with_function() -> bytes:
    model = onnx_model()
    body = [helper.make_node("Identity", ["x"], ["y"])]
    opset = [helper.make_opsetid("", 17)]
    model.functions.append(helper.make_function("own", "Identity", ["x"], ["y"], body, opset))
    return model.SerializeToString()


def endless_loop() -> bytes:
    """A loop without a count, whose condition stays true."""
    info = helper.make_tensor_value_info
    nodes = [
        helper.make_node("Identity", ["go_on"], ["goes_on"]),
        helper.make_node("Identity", ["value"], ["next"]),
    ]
    inputs = [
        info("number", TensorProto.INT64, []),
        info("go_on", TensorProto.BOOL, []),
        info("value", TensorProto.FLOAT, None),
    ]
    outputs = [info("goes_on", TensorProto.BOOL, []), info("next", TensorProto.FLOAT, None)]
    body = helper.make_graph(nodes, "body", inputs, outputs)
    loop = node("Loop", ["", "yes", "pictures"], body=body)
    return onnx_bytes(before=loop, arrays={"yes": np.array(True)})


def grows_with_pixels() -> bytes:
    """The brightness of a crop decides how many times it is repeated."""
    nodes = [
        helper.make_node("ReduceMax", ["pictures"], ["brightest"], keepdims=0),
        helper.make_node("Cast", ["brightest"], ["times"], to=TensorProto.INT64),
        helper.make_node("Expand", ["times", "four"], ["repeats"]),
        helper.make_node("Tile", ["pictures", "repeats"], ["given"]),
    ]
    return onnx_bytes(before=nodes, arrays={"four": np.array([4], np.int64)})


def with_nan() -> bytes:
    return onnx_bytes(before=node("Div", ["pictures", "zero"]), arrays={"zero": np.zeros(1, np.float32)})


def with_sigmoids() -> bytes:
    model = onnx_model()
    model.graph.node[-1].output[0] = "scores"
    model.graph.node.append(helper.make_node("Sigmoid", ["scores"], ["result"]))
    return model.SerializeToString()


def with_two_inputs() -> bytes:
    model = onnx_model()
    model.graph.input.append(helper.make_tensor_value_info("other", TensorProto.FLOAT, [1]))
    return model.SerializeToString()


def of_grey_pictures() -> bytes:
    weights = {"weights": np.ones((1, 4), np.float32)}
    model = onnx_model(arrays=weights)
    model.graph.input[0].type.tensor_type.shape.dim[1].dim_value = 1
    return model.SerializeToString()


def mixes_the_batch() -> bytes:
    """A picture gets another answer beside others."""
    nodes = [
        helper.make_node("ReduceMean", ["pictures"], ["mean"], axes=[0], keepdims=1),
        helper.make_node("Add", ["pictures", "mean"], ["given"]),
    ]
    return onnx_bytes(before=nodes)


def takes_too_much_memory() -> bytes:
    sizes = np.array([1, 1, 2**10, 2**10], np.int64)
    return onnx_bytes(3, before=node("Tile", ["pictures", "sizes"]), arrays={"sizes": sizes})


@pytest.mark.parametrize(
    ("make", "code"),
    [
        (lambda: b"\x80\x04\x95 a pickle", "model_unreadable"),
        (lambda: onnx_bytes()[:-40], "model_unreadable"),
        (lambda: b"", "model_opset"),
        (with_external_data, "model_external_data"),
        (with_custom_domain, "model_operator"),
        (with_function, "model_operator"),
        (endless_loop, "model_operator"),
        (grows_with_pixels, "model_variable_size"),
        (with_nan, "model_not_finite"),
        (with_sigmoids, "model_outputs"),
        (with_two_inputs, "model_input"),
        (of_grey_pictures, "model_input"),
        (mixes_the_batch, "model_batch"),
        (lambda: onnx_bytes(3), "model_outputs"),
        (lambda: onnx_bytes(batch=8), "model_input"),
        (lambda: onnx_bytes(side=2048), "model_input"),
        (lambda: onnx_bytes(opset=6), "model_opset"),
    ],
)
def test_what_is_refused(tmp_path: Path, make: Any, code: str) -> None:
    found = check(tmp_path, make())
    assert found.code == code, found.message
    assert found.message
    assert not ImportFolder(path=tmp_path).classifier(Runtime.ONNX).exists()


def test_a_file_beyond_the_bound_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.training.importing.child.MOST_BYTES", 100)
    assert check(tmp_path, onnx_bytes()).code == "model_too_large"
