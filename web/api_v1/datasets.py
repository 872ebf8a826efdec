"""Datasets: list, read, compare and pin them. A job of the kind `freeze` makes one."""

from core.datasets.queries import (
    count_differences,
    get_dataset,
    list_datasets,
    list_differences,
    list_faces,
)
from core.datasets.store import pin_golden
from core.evaluation.queries import list_dataset_evaluations
from core.versions.queries import list_trained_on
from models import Scope
from web.api_v1.document import api_v1, operation
from web.api_v1.paging import cursor_of, page_of, read_cursor
from web.api_v1.schemas.base import ListQuery
from web.api_v1.schemas.datasets import (
    ChangedFace,
    Dataset,
    DatasetComparison,
    DatasetFace,
    DatasetFaceList,
    DatasetFaceQuery,
    DatasetList,
    DifferenceQuery,
    OneDataset,
)
from web.extension import database


@api_v1.get("/datasets")
@operation(Scope.READ, answer=DatasetList, tag="datasets")
def list_all_datasets(query: ListQuery) -> DatasetList:
    """Datasets, newest first."""
    with database().read() as rows:
        found = list_datasets(rows, before_id=read_cursor(query.after), limit=query.limit + 1)
    shown, following = page_of(found, query.limit, lambda dataset: cursor_of(dataset.id))
    return DatasetList(datasets=[Dataset.of(dataset) for dataset in shown], next=following)


@api_v1.get("/datasets/<int:dataset_id>")
@operation(Scope.READ, answer=OneDataset, tag="datasets")
def read_dataset(dataset_id: int) -> OneDataset:
    """One dataset with the versions that were trained and evaluated on it."""
    with database().read() as rows:
        dataset = get_dataset(rows, dataset_id)
        trained, evaluations = (
            list_trained_on(rows, dataset_id),
            list_dataset_evaluations(rows, dataset_id),
        )
        return OneDataset.with_use(dataset, trained, evaluations)


@api_v1.get("/datasets/<int:dataset_id>/faces")
@operation(Scope.READ, answer=DatasetFaceList, tag="datasets")
def list_dataset_faces(dataset_id: int, query: DatasetFaceQuery) -> DatasetFaceList:
    """The faces of a dataset, by number."""
    after = read_cursor(query.after) or 0
    with database().read() as rows:
        get_dataset(rows, dataset_id)
        found = list_faces(
            rows,
            dataset_id,
            split=query.split,
            label=query.label,
            after_face=after,
            limit=query.limit + 1,
        )
    shown, following = page_of(found, query.limit, lambda face: cursor_of(face.face_id))
    return DatasetFaceList(faces=[DatasetFace.of(face) for face in shown], next=following)


@api_v1.get("/datasets/<int:before_id>/compare/<int:after_id>")
@operation(Scope.READ, answer=DatasetComparison, tag="datasets")
def compare_two_datasets(before_id: int, after_id: int, query: DifferenceQuery) -> DatasetComparison:
    """Faces added, removed and relabelled between an earlier and a later dataset."""
    after = read_cursor(query.after) or 0
    with database().read() as rows:
        for each in (before_id, after_id):
            get_dataset(rows, each)
        counts = count_differences(rows, before_id, after_id)
        found = list_differences(
            rows, before_id, after_id, query.show, after_face=after, limit=query.limit + 1
        )
    shown, following = page_of(found, query.limit, lambda face: cursor_of(face.face_id))
    return DatasetComparison(
        counts=counts, show=query.show, faces=[ChangedFace.of(face) for face in shown], next=following
    )


@api_v1.post("/datasets/<int:dataset_id>/pin")
@operation(Scope.ADMIN, answer=Dataset, tag="datasets")
def pin_dataset(dataset_id: int) -> Dataset:
    """Make the test faces of a dataset the golden test set, which is never trained on."""
    with database().write() as rows:
        return Dataset.of(pin_golden(rows, dataset_id))
