"""Imports of classifiers that were trained elsewhere: an ONNX or a Keras file becomes a version.

In reading order:

- `options`: what the person says of the file: labels, colour order, scaling, size of the crop.
- `job_kind`: the job and its stages.
- `isolated`: runs the check in a child process with limits, so that a hostile file costs that process alone.
- `child`: the program of that process.
- `limits`: bounds of files, and the limits of the child.
- `onnx_check`: what an ONNX file may hold.
- `onnx_shapes`: refuses sizes that depend on the pixels of a crop.
- `onnx_wrap`: gives the graph the input and the output that all versions have.
- `keras_check`: what a `.keras` file may hold, read without Keras.
- `keras_load`: builds the network and gives it the input and the output that all versions have.
- `trial`: the first inferences, and what they must give.
- `folder`: the folder that parent and child share.
- `card`: the card of an imported version.
"""
