"""Doors for models that exist already: Keras files, hls4ml projects and QONNX graphs in, QONNX out."""
