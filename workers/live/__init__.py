"""The live process: detects faces in single photos and camera frames without a job.

In reading order:

- server: answers frames on one thread and photos on another
- desk: a place at the broker where one question after the other is answered
- photos: answers single photos
- frames: answers camera frames within a share of the CPU
- detection: detects faces in a frame or a photo with the champion
"""
