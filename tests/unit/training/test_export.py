"""Exported files agree with the network, or no version is registered."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from core.detection.card import CHAMPION
from core.errors import PermanentError
from tests.training import Late, need_training

need_training()
keras = Late("keras")
backbone = Late("core.training.backbone")
export = Late("core.training.export")
litert_file = Late("core.training.network.litert_file")
networks = Late("core.training.network.network")
keras_to_onnx = Late("core.training.converting.keras_to_onnx")

pytestmark = [
    pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:Statistics for quantized inputs:UserWarning"),
]
CROPS = np.random.default_rng(2).integers(0, 255, (24, 32, 32, 3), dtype=np.uint8)


def test_an_export_that_says_otherwise_is_refused(tmp_path: Path) -> None:
    network = networks.build_network(32)
    networks.load_half(network, CHAMPION / "weights.npz")
    files = export.ExportedFiles(litert=tmp_path / "f", int8=tmp_path / "i", onnx=tmp_path / "o")
    frozen = litert_file.freeze(network)
    litert_file.export_float(frozen, files.litert, half=False)
    litert_file.export_int8(frozen, CROPS, files.int8)
    keras_to_onnx.write_onnx(network, files.onnx)
    found = export.check_exports(network, files, CROPS)
    assert found.faces == 24
    assert found.litert_difference < export.LITERT_BOUND
    assert found.onnx_difference < export.ONNX_BOUND
    head = network.get_layer("logits")
    kernel, bias = head.get_weights()
    head.set_weights([kernel, bias + np.array([8, 0, 0, 0], np.float32)])
    with pytest.raises(PermanentError) as refused:
        export.check_exports(network, files, CROPS)
    assert refused.value.code == "export_differs" and "LiteRT" in refused.value.message
    litert_file.export_float(litert_file.freeze(network), files.litert, half=False)
    with pytest.raises(PermanentError, match="ONNX"):
        export.check_exports(network, replace(files), CROPS)


def test_a_narrow_network_is_opened_as_it_was_kept(tmp_path: Path) -> None:
    keras.utils.set_random_seed(1)
    narrow = networks.build_network(32, width=0.5)
    backbone.save_arrays(narrow, tmp_path / "narrow.npz")
    opened = backbone.open_network(tmp_path / "narrow.npz", 32)
    assert opened.count_params() == narrow.count_params()
    sha256 = backbone.backbone_sha256
    assert sha256(opened, 32) == sha256(narrow, 32) != sha256(narrow, 64)
    np.savez(tmp_path / "foreign.npz", w000=np.zeros((3, 3)))
    with pytest.raises(PermanentError) as refused:
        backbone.open_network(tmp_path / "foreign.npz", 32)
    assert refused.value.code == "weights_unknown_layout"
