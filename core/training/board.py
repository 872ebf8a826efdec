"""TensorBoard logs of a fit, written beside the rows where they are asked for."""

from pathlib import Path

import tensorflow as tf

from core.training.epoch import EpochFigures

_TOLD = ("loss", "accuracy", "validation_loss", "validation_accuracy", "validation_macro_f1", "rate")


class Board:
    """One log a stage; an epoch that is told again, by a fit that goes on, is the same point again."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def tell(self, figures: EpochFigures) -> None:
        """Add an epoch's figures."""
        writer = tf.summary.create_file_writer(str(self._folder / figures.stage.value))
        with writer.as_default(step=figures.number):
            for name in _TOLD:
                tf.summary.scalar(name, getattr(figures, name))
        writer.close()
