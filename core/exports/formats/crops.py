"""Crops of faces in a folder for each label, as Keras and torchvision read them."""

from typing_extensions import override

from core.exports.formats.base import CropFormat
from core.exports.record import ExportedFace, ExportedPhoto


class ClassFolders(CropFormat):
    """`SPLIT/LABEL/PHOTO-FACE.jpg`."""

    @override
    def crop_path(self, photo: ExportedPhoto, face: ExportedFace) -> str:
        return f"{photo.split}/{face.class_name}/{photo.sha256[:16]}-{face.face_id}.jpg"

    @override
    def add(self, photo: ExportedPhoto) -> None:
        """The folders say everything."""
