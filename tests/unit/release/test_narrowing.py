"""A narrow network starts with channels of the wide one."""

from pathlib import Path

import numpy as np

from tests.training import Late, need_training

need_training()
fitting = Late("core.release.fitting")
networks = Late("core.training.network.network")

CROPS = np.random.default_rng(1).uniform(0, 255, (3, 48, 48, 3)).astype(np.float32)


def test_the_same_width_is_the_same_network() -> None:
    wide, other = networks.build_network(48), networks.build_network(48)
    fitting.fill_narrow(other, wide)
    np.testing.assert_allclose(wide.predict(CROPS, verbose=0), other.predict(CROPS, verbose=0), atol=1e-5)


def test_half_the_width_holds_channels_of_the_wide_one() -> None:
    wide, narrow = networks.build_network(48), networks.build_network(48, width=0.5)
    fitting.fill_narrow(narrow, wide)
    first = wide.get_layer("backbone").get_layer("Conv1").get_weights()[0]
    kept = narrow.get_layer("backbone").get_layer("Conv1").get_weights()[0]
    assert kept.shape[-1] == first.shape[-1] // 2
    for channel in range(kept.shape[-1]):
        assert (np.abs(first - kept[..., channel : channel + 1]).max(axis=(0, 1, 2)) == 0).sum() == 1
    assert narrow.count_params() < wide.count_params() / 3
    assert np.isfinite(narrow.predict(CROPS, verbose=0)).all()


def test_what_blocks_add_to_each_other_stays_in_the_same_channels(tmp_path: Path) -> None:
    wide, narrow = networks.build_network(48), networks.build_network(48, width=0.5)
    for layer in wide.get_layer("backbone").layers:
        if layer.name.endswith("_project"):
            kernel = layer.get_weights()[0]
            # Channel k of every projection holds the number k, wherever it ends up.
            layer.set_weights([np.broadcast_to(np.arange(kernel.shape[-1], dtype=np.float32), kernel.shape)])
    fitting.fill_narrow(narrow, wide)
    projections = [
        layer.get_weights()[0][0, 0, 0]
        for layer in narrow.get_layer("backbone").layers
        if layer.name in ("block_4_project", "block_3_project", "block_5_project")
    ]
    assert (projections[0] == projections[1]).all() and (projections[1] == projections[2]).all()
