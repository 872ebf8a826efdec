"""The form of an export."""

from typing import Any

from flask_wtf import FlaskForm
from wtforms import BooleanField, IntegerField, RadioField, SelectField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import NumberRange, Optional

from core.exports.options import LONG_SIDES, ExportedLabels, ExportFormat, ExportOptions, Unlabelled
from core.library.pictures.anonymise import Anonymise

#: What each format is for, in the order of the form.
USES: dict[ExportFormat, str] = {
    ExportFormat.COCO: "One JSON file for each split; read by most trainers of detectors.",
    ExportFormat.YOLO: "Text files and data.yaml.",
    ExportFormat.DARKNET: "Text files, obj.names and obj.data.",
    ExportFormat.VOC: "One XML file a photo, as LabelImg writes it.",
    ExportFormat.LABEL_STUDIO: "Tasks with annotations; predicted labels are predictions.",
    ExportFormat.CVAT: "annotations.xml, version 1.1.",
    ExportFormat.CREATE_ML: "A JSON file beside the photos of each split.",
    ExportFormat.CLASS_FOLDERS: "One folder a label, as Keras and torchvision read.",
    ExportFormat.IMAGE_FOLDER: "metadata.parquet beside the photos.",
    ExportFormat.WIDER_FACE: "Boxes as text, without labels.",
    ExportFormat.CSV: "One row a face.",
    ExportFormat.PARQUET: "The same rows as columns with types, for pandas, DuckDB and Arrow.",
    ExportFormat.WEB_DATASET: "Tar shards, for training from a stream.",
    ExportFormat.TF_RECORD: "Shards of tf.train.Example, named as TensorFlow's object detection has them.",
}


class ExportForm(FlaskForm):
    """Format, labels, pictures and licences."""

    format = RadioField(
        "Format",
        choices=[SelectChoice(fmt.value, fmt.words) for fmt in USES],
        default=ExportFormat.COCO.value,
    )
    labels = SelectField(
        "Labels",
        choices=[
            SelectChoice(ExportedLabels.FINAL.value, "Final: what people decided, else what was predicted"),
            SelectChoice(ExportedLabels.DECIDED.value, "Only what people decided"),
        ],
    )
    unlabelled = SelectField(
        "Faces without a label",
        choices=[
            SelectChoice(Unlabelled.KEEP.value, "Keep their boxes, as “unlabelled”"),
            SelectChoice(Unlabelled.DROP.value, "Drop their boxes"),
            SelectChoice(Unlabelled.LEAVE_OUT.value, "Leave their photos out"),
        ],
    )
    validation_share = IntegerField(
        "Validation, per cent of the photos", default=0, validators=[Optional(), NumberRange(0, 99)]
    )
    test_share = IntegerField(
        "Test, per cent of the photos", default=0, validators=[Optional(), NumberRange(0, 99)]
    )
    split_seed = IntegerField("Seed", default=0, validators=[Optional(), NumberRange(0, 2**31 - 1)])
    boxed_only = BooleanField("Only photos that are marked “All faces boxed”")
    photos = BooleanField("With the photos", default=True)
    long_side = IntegerField(
        "Make larger photos smaller, long side in pixels",
        validators=[Optional(), NumberRange(*LONG_SIDES)],
    )
    crop_side = IntegerField(
        "Side of face crops in pixels", default=224, validators=[Optional(), NumberRange(16, 1024)]
    )
    crop_margin = IntegerField(
        "Margin on each side, per cent of the face",
        default=25,
        validators=[Optional(), NumberRange(0, 200)],
    )
    anonymise = SelectField("Faces", choices=[SelectChoice(each.value, each.words) for each in Anonymise])
    metadata = BooleanField("Keep EXIF and GPS data of the files")
    licences = StringField("Only these licences")
    non_commercial = BooleanField("Also for non-commercial use only, or of no known licence", default=True)

    def options(self, source: dict[str, Any]) -> ExportOptions:
        """The options of the job; raises InputError option_invalid."""
        return ExportOptions(
            **source,
            format=ExportFormat(self.format.data),
            labels=ExportedLabels(self.labels.data),
            unlabelled=Unlabelled(self.unlabelled.data),
            validation_share=(self.validation_share.data or 0) / 100,
            test_share=(self.test_share.data or 0) / 100,
            split_seed=self.split_seed.data or 0,
            boxed_only=self.boxed_only.data,
            photos=self.photos.data,
            long_side=self.long_side.data,
            crop_side=self.crop_side.data or 224,
            crop_margin=(25 if self.crop_margin.data is None else self.crop_margin.data) / 100,
            anonymise=Anonymise(self.anonymise.data),
            metadata=self.metadata.data,
            licences=tuple(part.strip() for part in (self.licences.data or "").split(",") if part.strip()),
            non_commercial=self.non_commercial.data,
        )
