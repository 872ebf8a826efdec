"""What the person who imports a classifier says of its file."""

from enum import StrEnum
from typing import Self

from pydantic import Field, field_validator, model_validator

from core.detection.card import CONTEXT
from core.errors import InputError
from core.jobs.options import JobOptions
from core.training.importing.limits import MOST_OUTPUTS, SIDES
from models import Label


class Colours(StrEnum):
    """Order of the colour channels."""

    RGB = "rgb"
    BGR = "bgr"

    @property
    def words(self) -> str:
        """For forms."""
        return {"rgb": "RGB (Keras, PyTorch, Pillow)", "bgr": "BGR (OpenCV)"}[self.value]


class Scaling(StrEnum):
    """What the network takes for the bytes of a pixel."""

    BYTES = "bytes"
    UNIT = "unit"
    SIGNED = "signed"
    IMAGENET = "imagenet"
    CAFFE = "caffe"

    @property
    def words(self) -> str:
        """For forms."""
        return _WORDS[self]

    @property
    def mean_and_deviation(self) -> tuple[tuple[float, ...], tuple[float, ...]]:
        """What is subtracted from the bytes of each channel, and what the rest is divided by."""
        return _SCALES[self]


_WORDS = {
    Scaling.BYTES: "0 to 255 (the network scales them itself)",
    Scaling.UNIT: "0 to 1",
    Scaling.SIGNED: "−1 to 1 (MobileNetV2, Inception, Xception)",
    Scaling.IMAGENET: "Mean and deviation of ImageNet (torchvision, timm)",
    Scaling.CAFFE: "Mean of ImageNet in BGR, 0 to 255 (Keras VGG16 and ResNet50)",
}
_SCALES: dict[Scaling, tuple[tuple[float, ...], tuple[float, ...]]] = {
    Scaling.BYTES: ((0.0, 0.0, 0.0), (1.0, 1.0, 1.0)),
    Scaling.UNIT: ((0.0, 0.0, 0.0), (255.0, 255.0, 255.0)),
    Scaling.SIGNED: ((127.5, 127.5, 127.5), (127.5, 127.5, 127.5)),
    Scaling.IMAGENET: ((123.675, 116.28, 103.53), (58.395, 57.12, 57.375)),
    Scaling.CAFFE: ((103.939, 116.779, 123.68), (1.0, 1.0, 1.0)),
}


class ImportVersionOptions(JobOptions):
    """The file, and how a photo becomes its input and its output a label."""

    upload_id: int = Field(ge=1, description="Number of the upload with the one file, .onnx or .keras.")
    labels: tuple[Label, ...] = Field(
        min_length=2,
        max_length=MOST_OUTPUTS,
        description="The label of each output, in the order of the outputs. Outputs may share a label.",
    )
    name: str = Field("", max_length=80, description="Name of the version; by default that of the file.")
    side: int | None = Field(
        None,
        ge=SIDES[0],
        le=SIDES[1],
        title="input size",
        description="Side of the input in pixels; only for a file that does not say it.",
    )
    colours: Colours = Field(Colours.RGB, title="colour order", description="Order of the colour channels.")
    scaling: Scaling = Field(Scaling.BYTES, description="What the network takes for the bytes of a pixel.")
    context: float = Field(
        CONTEXT,
        ge=0.5,
        le=4,
        title="size of the crop",
        description="Side of the square around a face that it was trained on, in sizes of the face's box.",
    )
    down: float = Field(
        0.0,
        ge=-1,
        le=1,
        title="place of the crop",
        description="How far the square's centre is below that of the box, in sizes of the face's box.",
    )

    @field_validator("labels")
    @classmethod
    def _two_labels(cls, labels: tuple[Label, ...]) -> tuple[Label, ...]:
        if len(set(labels)) < 2:
            raise InputError("option_invalid", "A classifier tells at least two labels apart.")
        return labels

    @model_validator(mode="after")
    def _order_of_caffe(self) -> Self:
        if self.scaling is Scaling.CAFFE and self.colours is not Colours.BGR:
            raise InputError("option_invalid", "The mean of ImageNet in BGR goes with the colour order BGR.")
        return self

    @property
    def predicted(self) -> tuple[Label, ...]:
        """The labels that the network predicts, in the order of `Label`; it never gives another one."""
        return tuple(label for label in Label if label in self.labels)

    @property
    def columns(self) -> list[int] | None:
        """For each predicted label its output; None where outputs share a label."""
        if len(set(self.labels)) < len(self.labels):
            return None
        return [self.labels.index(label) for label in self.predicted]

    @property
    def sums(self) -> list[list[float]]:
        """The matrix (outputs, predicted labels) that adds up the outputs with the same label."""
        return [[float(label is each) for each in self.predicted] for label in self.labels]
