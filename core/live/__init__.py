"""Faces at once, without a job: single photos and the frames of cameras."""
