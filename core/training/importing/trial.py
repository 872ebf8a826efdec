"""The first inferences of an imported network: what they must give, and what they tell of its outputs."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from core.detection.classifier import softmax
from core.training.importing.limits import SIDES, refuse
from core.training.importing.options import Colours, ImportVersionOptions

#: Crops of the trial.
CROPS = 16
#: Outputs are probabilities if all lie between 0 and 1, and those of each crop sum to 1 within this.
_SUM_BOUND = 1e-3
#: Largest difference of a probability between the file as it came and the version.
ALLOWED_DIFFERENCE = 1e-3

Run = Callable[[NDArray[np.float32]], NDArray[np.generic]]


def checked_side(height: int | None, width: int | None, options: ImportVersionOptions) -> int:
    """The side that the file says, or else the person. Raises InputError model_input, model_side."""
    if height != width:
        raise refuse("model_input", f"The input is not square: {height} x {width} pixels.")
    if height is None and options.side is None:
        raise refuse("model_side", "The file takes pictures of any size. Say the one that it was trained on.")
    if height is not None and options.side not in (None, height):
        raise refuse("model_side", f"The file takes {height} pixels a side, not {options.side}.")
    side = height or options.side or 0
    if not SIDES[0] <= side <= SIDES[1]:
        raise refuse("model_input", f"A side of {side} pixels is not taken: {SIDES[0]} to {SIDES[1]} are.")
    return side


def trial_crops(side: int) -> NDArray[np.uint8]:
    """Crops uint8 (16, side, side, 3): black, white, single colours, ramps, and noise; the same each time."""
    rng = np.random.default_rng(1)
    crops = rng.integers(0, 256, (CROPS, side, side, 3)).astype(np.uint8)
    ramp = np.linspace(0, 255, side).astype(np.uint8)
    crops[0], crops[1] = 0, 255
    for channel in range(3):
        crops[2 + channel] = 0
        crops[2 + channel, :, :, channel] = 255
    crops[5] = ramp[:, None, None]
    crops[6] = ramp[None, :, None]
    crops[7, :, :, 0], crops[7, :, :, 2] = ramp[:, None], ramp[None, ::-1]
    return crops


def scaled(crops: NDArray[np.uint8], options: ImportVersionOptions) -> NDArray[np.float32]:
    """Crops as the network was trained on them, float32 (n, side, side, 3)."""
    ordered = crops[..., ::-1] if options.colours is Colours.BGR else crops
    mean, deviation = (np.array(each, np.float32) for each in options.scaling.mean_and_deviation)
    return ((ordered.astype(np.float32) - mean) / deviation).astype(np.float32)


def run_trial(
    run: Run, inputs: NDArray[np.float32], outputs: int, *, batch: int | None
) -> NDArray[np.float32]:
    """The outputs (n, outputs) of all crops, in one call and crop by crop, after checking them.

    Raises InputError model_outputs, model_not_finite, model_batch.
    """
    single = np.concatenate([_run(run, inputs[at : at + 1], outputs) for at in range(len(inputs))])
    if batch is None:
        together = _run(run, inputs, outputs)
        if not np.allclose(single, together, rtol=1e-3, atol=1e-3):
            raise refuse("model_batch", "A picture gets another answer beside others than alone.")
    return single


def _run(run: Run, inputs: NDArray[np.float32], outputs: int) -> NDArray[np.float32]:
    found = np.asarray(run(inputs))
    if found.shape != (len(inputs), outputs):
        raise refuse(
            "model_outputs",
            f"The network gives {_words(found.shape)} numbers for {len(inputs)} pictures. "
            f"You named {outputs} outputs; give the label of each, in their order.",
        )
    numbers = found.astype(np.float32)
    if not np.isfinite(numbers).all():
        raise refuse("model_not_finite", "The network gives NaN or infinity for an ordinary picture.")
    return numbers


def gives_probabilities(outputs: NDArray[np.float32]) -> bool:
    """Whether outputs (n, k) are probabilities that sum to 1, not logits.

    Raises InputError model_outputs for numbers between 0 and 1 that do not sum to 1: independent sigmoids say
    nothing about which label a face has.
    """
    bounded = bool((outputs >= -1e-6).all() and (outputs <= 1 + _SUM_BOUND).all())
    if bounded and bool((np.abs(outputs.sum(axis=1) - 1) <= _SUM_BOUND).all()):
        return True
    if bounded:
        raise refuse(
            "model_outputs",
            "The outputs lie between 0 and 1 and do not sum to 1, as those of separate sigmoids. Export a "
            "network that ends in a softmax, or in logits.",
        )
    return False


def expected(
    outputs: NDArray[np.float32], options: ImportVersionOptions, *, probabilities: bool
) -> NDArray[np.float32]:
    """Probabilities (n, predicted labels) that the version must give for these outputs (n, k)."""
    found = outputs if probabilities else softmax(outputs, 1.0)
    if options.columns is not None:
        chosen = found[:, options.columns]
    else:
        chosen = found @ np.array(options.sums, np.float32)
    return chosen / chosen.sum(axis=1, keepdims=True)


def check_agreement(logits: NDArray[np.float32], wanted: NDArray[np.float32]) -> float:
    """The largest difference of a probability; raises InputError model_differs above the bound."""
    difference = float(np.abs(softmax(logits, 1.0) - wanted).max())
    # `not <=` so that NaN fails too.
    if not difference <= ALLOWED_DIFFERENCE:
        raise refuse(
            "model_differs",
            f"The converted file differs from the network by {difference:.4f} in a probability.",
        )
    return round(difference, 7)


def _words(shape: tuple[int, ...]) -> str:
    return " x ".join(map(str, shape)) or "single"
