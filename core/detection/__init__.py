"""Finding and classifying faces in one photo, without TensorFlow."""
