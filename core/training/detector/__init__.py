"""Training of face detectors, from decoded pictures with boxes to weights.

In reading order:

- `mosaics`: parts of pictures at random scales, as batches.
- `scene_store`: decoded pictures and their faces on disk.
- `network`: YuNet's file as a Keras network, and back.
- `assignment`: which cells answer for which face.
- `losses`: what detectors share of what a step minimises; `yunet` has YuNet's.
- `calibration`: how far the scores of a trained network are lowered.
- `fit`: steps, checkpoints, log; it is the same for every kind of detector.
"""
