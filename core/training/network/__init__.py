"""The network of the classifier: layers, input, augmentation, exported files.

In reading order:

- `network`: the MobileNetV2 classifier, its weights files, and which layers train.
- `canvas`: stored crops from which augmentation cuts windows.
- `augmentation`: random changes of a canvas.
- `batches`: sampling weights, and augmented batches.
- `litert_file`: LiteRT files, and which of them is shipped.
"""
