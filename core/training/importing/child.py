"""`python -m core.training.importing.child FOLDER`: check a model file, convert it, run it a first time.

A process of its own, with limits: a file that hangs, crashes or fills the memory costs this process alone. It
gets no setting, no address of a database and no secret.
"""

import gc
import sys
import zipfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.detection.card import Runtime
from core.detection.network import load_network
from core.errors import MaskloopError
from core.number_text import size
from core.training.importing.folder import CheckRequest, CheckResult, ImportFolder, ModelFormat
from core.training.importing.limits import MOST_BYTES, limit_this_process, refuse
from core.training.importing.options import ImportVersionOptions
from core.training.importing.trial import (
    check_agreement,
    checked_side,
    expected,
    gives_probabilities,
    run_trial,
    scaled,
    trial_crops,
)


def main() -> None:
    """Write `result.json`, whatever the file does."""
    limit_this_process()
    folder = ImportFolder(path=Path(sys.argv[1]))
    folder.write_result(check_folder(folder))


def check_folder(folder: ImportFolder) -> CheckResult:
    """Check the model of a folder; errors become a code and a message."""
    request = CheckRequest.model_validate_json(folder.request.read_bytes())
    try:
        if folder.model.stat().st_size > MOST_BYTES:
            raise refuse("model_too_large", f"The file has more than {size(MOST_BYTES)}.")
        check = check_onnx if request.format is ModelFormat.ONNX else check_keras
        return check(folder, request.options)
    except MaskloopError as error:
        return CheckResult(code=error.code, message=error.message[:1_000])
    except MemoryError:
        return CheckResult(code="model_memory", message="The network takes more memory than an import may.")
    except Exception as error:
        line = (str(error).strip().splitlines() or [""])[0][:300]
        return CheckResult(code="model_unreadable", message=f"{type(error).__name__}: {line}")


def check_onnx(folder: ImportFolder, options: ImportVersionOptions) -> CheckResult:
    """Check an ONNX file and write the version's; raises InputError, and whatever ONNX Runtime raises."""
    import onnxruntime

    from core.training.importing.onnx_check import input_of, numpy_kind, output_of, read_onnx
    from core.training.importing.onnx_wrap import wrap

    model = read_onnx(folder.model.read_bytes())
    given, output = input_of(model), output_of(model)
    side = checked_side(given.side, given.side, options)
    settings = onnxruntime.SessionOptions()
    settings.intra_op_num_threads, settings.log_severity_level = 1, 4
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), sess_options=settings, providers=["CPUExecutionProvider"]
    )
    kind = numpy_kind(given.kind)

    def run(inputs: NDArray[np.float32]) -> NDArray[np.generic]:
        ordered = inputs.transpose(0, 3, 1, 2) if given.channels_first else inputs
        found: NDArray[np.generic] = session.run([output], {given.name: ordered.astype(kind)})[0]
        return found

    crops = trial_crops(side)
    outputs = run_trial(run, scaled(crops, options), len(options.labels), batch=given.batch)
    probabilities = gives_probabilities(outputs)
    wrapped = wrap(model, options, side=side, probabilities=probabilities)
    file = folder.classifier(Runtime.ONNX)
    file.write_bytes(wrapped.SerializeToString(deterministic=True))
    wanted = expected(outputs, options, probabilities=probabilities)
    difference = check_agreement(_run_version(file, Runtime.ONNX, crops), wanted)
    opset = max(each.version for each in model.opset_import)
    return CheckResult(
        runtime=Runtime.ONNX,
        side=side,
        batch=given.batch,
        probabilities=probabilities,
        difference=difference,
        parameters=sum(int(np.prod(each.dims)) for each in model.graph.initializer),
        words=f"ONNX, opset {opset}",
    )


def check_keras(folder: ImportFolder, options: ImportVersionOptions) -> CheckResult:
    """Check a Keras file and write the version's LiteRT file; raises InputError, and what Keras raises."""
    from core.training.importing.keras_check import unpack_keras

    config = unpack_keras(folder.model, folder.weights)
    # TensorFlow is loaded for a file that may be built, never before, and without a look for garbage.
    gc.disable()
    from core.training.importing.keras_load import build, try_and_wrap
    from core.training.network.litert_file import export_float, freeze

    gc.enable()
    network = build(config, folder.weights)
    tried = try_and_wrap(network, options)
    file = folder.classifier(Runtime.LITERT)
    export_float(freeze(tried.wrapped), file, half=False)
    _append_description(file, options)
    wanted = expected(tried.outputs, options, probabilities=tried.probabilities)
    difference = check_agreement(_run_version(file, Runtime.LITERT, trial_crops(tried.side)), wanted)
    return CheckResult(
        runtime=Runtime.LITERT,
        side=tried.side,
        batch=1,
        probabilities=tried.probabilities,
        difference=difference,
        parameters=int(network.count_params()),
        words="Keras, converted to LiteRT with 32-bit weights",
    )


def _run_version(file: Path, runtime: Runtime, crops: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Logits (n, labels) as prediction gets them."""
    network = load_network(file, runtime, threads=1)
    return np.concatenate([network.logits(crop) for crop in crops])


def _append_description(file: Path, options: ImportVersionOptions) -> None:
    """Append what the outputs mean, as a zip behind the network, which is where LiteRT files keep such notes.

    The bytes identify a version: the same network with another meaning is another version.
    """
    from core.training.importing.onnx_wrap import description

    text = "".join(f"{name}={value}\n" for name, value in description(options).items())
    with zipfile.ZipFile(file, "a") as archive:
        archive.writestr(zipfile.ZipInfo("maskloop.txt"), text)


if __name__ == "__main__":
    main()
