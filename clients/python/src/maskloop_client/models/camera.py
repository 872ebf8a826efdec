# Made of the OpenAPI document by `generate_models.py`.
"""What operations answer: camera."""

from maskloop_client.models.base import Model


class CameraState(Model):
    """How many cameras are open; more than `most` are refused."""

    cameras: int
    most: int
