"""Which function does which kind of batch."""

from models import BatchKind
from workers.dedup import group_photos, hash_photos
from workers.engine import Handler
from workers.extract import extract_faces
from workers.predict import list_photos, predict_photos
from workers.reports import write_report_file

HANDLERS: dict[BatchKind, Handler] = {
    BatchKind.LIST: list_photos,
    BatchKind.PREDICT: predict_photos,
    BatchKind.REPORT: write_report_file,
    BatchKind.HASH: hash_photos,
    BatchKind.GROUP: group_photos,
    BatchKind.EXTRACT: extract_faces,
}
