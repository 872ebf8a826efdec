"""Detection without a job: single photos and camera frames.

In reading order:

- wire: how live processes are asked over the broker, which keeps no picture
- asking: ask a live process about a picture; several of them share what is asked
- seats: a number of seats, held over all processes
- protocol: send a photo to a live process and read its answer
- store: write such a photo to the library
- frame: a camera frame on the wire
- frame_pixels: its pixels, and how faces are detected in them
- tracking: follow faces from frame to frame
- share: CPU share of the cameras, and the time of each camera's next frame
"""
