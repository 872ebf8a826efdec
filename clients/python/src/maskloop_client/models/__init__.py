"""What the service answers, as pydantic models; fields of later releases are kept, see `model_extra`.

- `base`: their base
- `jobs`: jobs, their progress and log
- `results`: files and faces of jobs
- `tokens`: tokens of the API
"""

from maskloop_client.models.jobs import FaceCounts, JobData, JobEvent, PhotoCounts, Progress
from maskloop_client.models.results import FaceResult, PhotoFace, PhotoResult
from maskloop_client.models.tokens import NewToken, Token

__all__ = [
    "FaceCounts",
    "FaceResult",
    "JobData",
    "JobEvent",
    "NewToken",
    "PhotoCounts",
    "PhotoFace",
    "PhotoResult",
    "Progress",
    "Token",
]
