"""The network of the classifier: its layers, its input, augmentation, calibration and export."""
