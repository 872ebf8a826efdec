"""The trainer: training batches, done in a process of its own that alone loads TensorFlow."""
