"""Exports that pages offer: boxed photos as Pascal VOC and COCO, the faces of a dataset as CSV."""

from flask import Response

from core.library.pictures.leaving import LeavingPictures
from models import Scope
from web.api_v1.document import api_v1, operation
from web.api_v1.schemas.reports import BoxesQuery
from web.boxes.export import stream_export
from web.datasets.views import export


@api_v1.get("/exports/boxes/<any(voc, coco):fmt>.zip")
@operation(Scope.READ, tag="exports", media="application/zip")
def export_boxed_photos(fmt: str, query: BoxesQuery) -> Response:
    """A zip of the selected photos that are marked as boxed, written while it is sent."""
    pictures = LeavingPictures(keep_metadata=query.metadata, anonymise=query.faces)
    return stream_export(fmt, query.selection, files=query.files, pictures=pictures)


@api_v1.get("/datasets/<int:dataset_id>/faces.csv")
@operation(Scope.READ, tag="exports", media="text/csv")
def export_dataset_faces(dataset_id: int) -> Response:
    """The faces of a dataset with labels and splits, written while it is sent."""
    return export(dataset_id)
