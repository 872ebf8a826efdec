"""Which function does which kind of batch."""

from models import BatchKind
from workers.classify import classify_drawn
from workers.crawl import fetch_hits, search_hits
from workers.dedup import group_photos, hash_photos
from workers.engine import Handler
from workers.extract import extract_faces
from workers.freezing import freeze_dataset
from workers.importing import import_batch
from workers.listing import list_photos
from workers.measuring import measure_versions
from workers.predict import predict_photos
from workers.removal import remove_named
from workers.reports import write_report_file
from workers.review import measure_reviewers, rank_queue, stack_queue

HANDLERS: dict[BatchKind, Handler] = {
    BatchKind.LIST: list_photos,
    BatchKind.PREDICT: predict_photos,
    BatchKind.REPORT: write_report_file,
    BatchKind.IMPORT: import_batch,
    BatchKind.FREEZE: freeze_dataset,
    BatchKind.MEASURE: measure_versions,
    BatchKind.CLASSIFY: classify_drawn,
    BatchKind.SEARCH: search_hits,
    BatchKind.FETCH: fetch_hits,
    BatchKind.REMOVE: remove_named,
    BatchKind.RANK: rank_queue,
    BatchKind.STACK: stack_queue,
    BatchKind.AGREE: measure_reviewers,
    BatchKind.HASH: hash_photos,
    BatchKind.GROUP: group_photos,
    BatchKind.EXTRACT: extract_faces,
}
