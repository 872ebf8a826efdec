"""Faces at once, without a job: single photos and the frames of cameras.

- protocol: ask the live process about one photo
- store: save such a photo to the library
- frame: one camera frame as it crosses the connection
- tracking: the same face from frame to frame
- share: how much processor time cameras get, and whose turn it is
"""
