"""The handlers of the trainer's stages; importing this registers them and loads TensorFlow."""

from core.jobs.kinds import Runner
from workers.engine import Handler, handlers_of
from workers.training import evaluating, fitting, preparing  # noqa: F401 (each registers its handler)

#: By the name of the stage.
TRAINING_HANDLERS: dict[str, Handler] = handlers_of(Runner.TRAINER)
