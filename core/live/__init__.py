"""Detection without a job: single photos and camera frames.

In reading order:

- protocol: send a photo to the live process and read its answer
- store: write such a photo to the library
- frame: read a camera frame
- tracking: follow faces from frame to frame
- share: CPU share of the cameras, and the time of each camera's next frame
"""
