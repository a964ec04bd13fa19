"""hls4ml projects, read from the C++ they are."""
