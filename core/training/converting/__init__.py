"""Convert classifiers between Keras and ONNX.

Reading order:

- `onnx_graph`: nodes and arrays of an ONNX graph, and the order of the axes of each tensor.
- `tensorflow_operators`: which ONNX nodes each TensorFlow operator becomes.
- `keras_to_onnx`: a Keras network as an ONNX file.
- `keras_values`: tensors of a Keras network that is built from an ONNX graph.
- `onnx_layers`, `onnx_operators`: which layers and operations each ONNX operator becomes.
- `onnx_to_keras`: an ONNX graph as a Keras network.
- `folder`, `child`: the program that converts an imported version in a process of its own.
"""
