"""Which function does which kind of training batch; importing this loads TensorFlow."""

from models import BatchKind
from workers.engine import Handler
from workers.training.evaluating import evaluate_training
from workers.training.fitting import fit_training
from workers.training.preparing import prepare_training

TRAINING_HANDLERS: dict[BatchKind, Handler] = {
    BatchKind.PREPARE: prepare_training,
    BatchKind.FIT: fit_training,
    BatchKind.EVALUATE: evaluate_training,
}
