"""Keras files: what is refused before Keras sees it."""

import io
import json
import pickle
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from core.errors import InputError
from core.training.importing.keras_check import check_config, unpack_keras
from tests.model_files import keras_bytes, keras_config, keras_weights, layer


def unpack(path: Path, data: bytes) -> dict[str, Any]:
    (path / "model").write_bytes(data)
    return unpack_keras(path / "model", path / "weights.h5")


def weights_with(add: Any) -> bytes:
    """Arrays to which something was added."""
    stored = io.BytesIO(keras_weights())
    with h5py.File(stored, "r+") as file:
        add(file)
    return stored.getvalue()


def external_array(file: h5py.File) -> None:
    file.create_dataset("stolen", (4,), "u1", external=[("/etc/passwd", 0, 4)])


def virtual_array(file: h5py.File) -> None:
    layout = h5py.VirtualLayout(shape=(4,), dtype="f4")
    layout[:] = h5py.VirtualSource("/etc/passwd", "data", shape=(4,))
    file.create_virtual_dataset("stolen", layout)


def huge_array(file: h5py.File) -> None:
    file.create_dataset("bomb", (2**34,), "f4", chunks=(2**20,), compression="gzip")


def with_item(name: str, value: Any) -> bytes:
    return weights_with(lambda file: file.__setitem__(name, value))


def test_a_good_file_is_unpacked_without_what_trained_it(tmp_path: Path) -> None:
    config = keras_config() | {"compile_config": {"loss": layer("Evil", {}, "custom")}}
    found = unpack(tmp_path, keras_bytes(config))
    assert "compile_config" not in found
    assert found["class_name"] == "Sequential"
    assert (tmp_path / "weights.h5").read_bytes()[:4] == b"\x89HDF"


@pytest.mark.parametrize(
    "bad",
    [
        layer("Lambda", {"function": {"class_name": "__lambda__", "config": {"value": "4wEA"}}}),
        layer("Dense", {"units": 3, "activation": {"class_name": "__lambda__", "config": {"value": "4wEA"}}}),
        layer("Dense", {"units": 3}, "os"),
        layer("get_file", {"origin": "http://localhost/"}, "keras.utils"),
        layer("TextVectorization", {"vocabulary": "/etc/passwd"}),
        layer("TorchModuleWrapper", {"module": "gASV"}),
        layer("TFSMLayer", {"filepath": "/tmp"}),
        layer("function", {}, "builtins") | {"config": "eval"},
        layer("Dense", {"units": 3}) | {"registered_name": "package>Dense"},
        layer("Dense", {"units": 3, "kernel_initializer": {"class_name": "Evil", "config": {}}}),
        {"module": "os", "registered_name": "system", "config": "true"},
    ],
)
def test_what_no_network_needs_is_refused(tmp_path: Path, bad: dict[str, Any]) -> None:
    with pytest.raises(InputError) as refused:
        unpack(tmp_path, keras_bytes(keras_config(bad)))
    assert refused.value.code == "model_layer"


BAD_FILES = {
    "pickle": (lambda: pickle.dumps({"a": 1}), "model_unreadable"),
    "no zip": (lambda: b"PK\x03\x04 no zip", "model_unreadable"),
    "pickle inside": (lambda: keras_bytes(more={"assets/code.pkl": pickle.dumps(1)}), "model_members"),
    "member outside": (lambda: keras_bytes(more={"../outside": b"x"}), "model_members"),
    "cut JSON": (lambda: keras_bytes(b"{"), "model_unreadable"),
    "deep JSON": (lambda: keras_bytes(b"[" * 50_000), "model_unreadable"),
    "list": (lambda: keras_bytes(b"[1]"), "model_layer"),
    "one layer": (lambda: keras_bytes(layer("Dense", {"units": 3})), "model_layer"),
    "large config": (lambda: keras_bytes(b" " * (5 * 2**20)), "model_too_large"),
    "pickled arrays": (lambda: keras_bytes(weights=pickle.dumps(np.ones(3))), "model_unreadable"),
    "external array": (lambda: keras_bytes(weights=weights_with(external_array)), "model_external_data"),
    "virtual array": (lambda: keras_bytes(weights=weights_with(virtual_array)), "model_external_data"),
    "bomb of arrays": (lambda: keras_bytes(weights=weights_with(huge_array)), "model_too_large"),
    "external link": (
        lambda: keras_bytes(weights=with_item("out", h5py.ExternalLink("/x", "/"))),
        "model_external_data",
    ),
    "soft link": (
        lambda: keras_bytes(weights=with_item("again", h5py.SoftLink("/layers"))),
        "model_external_data",
    ),
    "text": (lambda: keras_bytes(weights=with_item("text", "words")), "model_weights"),
}


@pytest.mark.parametrize("kind", BAD_FILES)
def test_bad_containers_are_refused(tmp_path: Path, kind: str) -> None:
    make, code = BAD_FILES[kind]
    with pytest.raises(InputError) as refused:
        unpack(tmp_path, make())
    assert refused.value.code == code, refused.value.message


def test_arrays_that_unpack_without_end_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.training.importing.keras_check.MOST_BYTES", 2**20)
    with pytest.raises(InputError) as refused:
        unpack(tmp_path, keras_bytes(weights=bytes(2**22)))
    assert refused.value.code == "model_too_large"
    assert (tmp_path / "weights.h5").stat().st_size <= 2**20


def test_deep_objects_are_refused() -> None:
    config: Any = 1
    for _ in range(100):
        config = {"a": config}
    with pytest.raises(InputError) as refused:
        check_config(config)
    assert refused.value.code == "model_too_large"


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
def test_networks_of_keras_itself_are_let_through(tmp_path: Path) -> None:
    """What this installation saves: MobileNetV2 with augmentation and `preprocess_input` in the graph."""
    import keras

    pictures = keras.Input((64, 64, 3))
    last = keras.layers.RandomFlip()(pictures)
    last = keras.applications.mobilenet_v2.preprocess_input(last)
    last = keras.applications.MobileNetV2(
        input_shape=(64, 64, 3), alpha=0.35, include_top=False, weights=None, pooling="avg"
    )(last[..., ::-1])
    network = keras.Model(pictures, keras.layers.Dense(2, activation="softmax")(last))
    network.compile("adam", "categorical_crossentropy")
    network.save(tmp_path / "saved.keras")
    config = unpack(tmp_path, (tmp_path / "saved.keras").read_bytes())
    assert "compile_config" not in json.dumps(config)
