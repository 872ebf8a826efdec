"""The trainer: training batches run in a process of their own, the only one that loads TensorFlow.

In reading order:

- `trainer`: waits for training batches and starts the process.
- `process`: claims and runs batches until none waits.
- `preparing`, `fitting`, `evaluating`: the handlers of the three stages.
- `detector_photos`, `detector_fit`, `detector_compare`: those of a detector's training.
- `baseline_comparison`: `maskloop compare`, a training beside a tutorial's recipe.
"""
