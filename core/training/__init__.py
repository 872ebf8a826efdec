"""Trainings as jobs: from a dataset to an evaluated classifier version.

In reading order:

- `options`: what a training learns from, how long, and who promotes its version.
- `job_kind`: the job kind and the request function.
- `folder`: the files of one training, and its prepared faces.
- `prepare`: cuts crops and canvases, and computes features.
- `crops`: crops, canvases and drawn masks of one photo.
- `features`: the cache of features that every training shares.
- `backbone`: the network at the start, and its features.
- `fit`: fits the head, then the upper blocks.
- `stage`: fits one stage, with checkpoints.
- `head`, `fine_tune`: the two stages.
- `metrics`: validation metrics and calibration.
- `export`: the files of the version and its card.
- `formats`, `formats_job`: formats for other programs that a version lacks.
- `importing/`: classifiers that were trained elsewhere.
- `progress`: metrics of epochs, steps, time left.
- `queries`: reads jobs and epochs.
- `store`: writes steps and epochs, requests a stop.
- `network/`: the network itself.
"""
