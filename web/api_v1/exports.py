"""The faces of a dataset as CSV; other exports are jobs of the kind `export`."""

from flask import Response

from models import Scope
from web.api_v1.document import api_v1, operation
from web.datasets.views import export


@api_v1.get("/datasets/<int:dataset_id>/faces.csv")
@operation(Scope.READ, tag="exports", media="text/csv")
def export_dataset_faces(dataset_id: int) -> Response:
    """The faces of a dataset with labels and splits, written while it is sent."""
    return export(dataset_id)
