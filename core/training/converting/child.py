"""`python -m core.training.converting.child FOLDER`: write an imported version in the formats that it lacks.

A process of its own with the limits of an import, since the network came from elsewhere.
"""

import sys
from pathlib import Path

import keras
import numpy as np
import onnx

from core.detection.card import Runtime
from core.detection.classifier import softmax
from core.detection.network import load_network
from core.errors import MaskloopError
from core.training.converting.folder import ConvertRequest, ConvertResult
from core.training.converting.onnx_to_keras import build_keras
from core.training.formats import Comparison, compared_crops, write_format
from core.training.importing.folder import ImportFolder
from core.training.importing.keras_check import unpack_keras
from core.training.importing.keras_load import build, try_and_wrap
from core.training.importing.limits import limit_this_process


def main() -> None:
    """Write `result.json`, whatever the network does."""
    limit_this_process()
    folder = ImportFolder(path=Path(sys.argv[1]))
    folder.write_result(convert_folder(folder))


def convert_folder(folder: ImportFolder) -> ConvertResult:
    """Write the formats that are asked for; errors become a code and a message."""
    request = ConvertRequest.model_validate_json(folder.request.read_bytes())
    try:
        return _convert(folder, request)
    except MaskloopError as error:
        return ConvertResult(code=error.code, message=_words(error))
    except MemoryError:
        return ConvertResult(code="model_memory", message="Converting takes more memory than an import may.")
    except Exception as error:
        return ConvertResult(code="export_failed", message=_words(error))


def _convert(folder: ImportFolder, request: ConvertRequest) -> ConvertResult:
    comparison = _compare_with_version(folder, request)
    network = _network(folder, request)
    folder.written.mkdir(exist_ok=True)
    result = ConvertResult()
    for kind in request.wanted:
        try:
            path = write_format(network, kind, folder.written, comparison)
        except MemoryError:
            raise
        except Exception as error:
            # The other formats may be possible.
            result.refused[kind] = _words(error)
        else:
            result.names[kind] = path.name
    return result


def _words(error: Exception) -> str:
    if isinstance(error, MaskloopError):
        return error.message[:1_000]
    line = (str(error).strip().splitlines() or [""])[0][:300]
    return f"{type(error).__name__}: {line}"


def _network(folder: ImportFolder, request: ConvertRequest) -> keras.Model:
    """The network that takes crops and gives logits; raises PermanentError keras_layer_unknown."""
    if request.runtime is Runtime.ONNX:
        return build_keras(onnx.load(folder.classifier(Runtime.ONNX)))
    config = unpack_keras(folder.model, folder.weights)
    return try_and_wrap(build(config, folder.weights), request.options).wrapped


def _compare_with_version(folder: ImportFolder, request: ConvertRequest) -> Comparison:
    """What the file that predicts gives."""
    network = load_network(folder.classifier(request.runtime), request.runtime, threads=1)
    crops = compared_crops(request.side)
    logits = np.concatenate([network.logits(crop) for crop in crops])
    return Comparison(crops=crops, probabilities=softmax(logits, 1.0))


if __name__ == "__main__":
    main()
