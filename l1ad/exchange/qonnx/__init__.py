"""QONNX graphs: written, run and read."""
