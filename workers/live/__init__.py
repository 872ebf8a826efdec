"""The live process: detects faces in single photos and camera frames without a job.

In reading order:

- server: opens one unix socket for cameras and one for photos
- photos: answers single photos
- cameras: connected cameras, which take turns on one thread
- detection: detects faces in a frame or a photo with the champion
"""
