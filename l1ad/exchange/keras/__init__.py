"""Keras and QKeras files, read without Keras."""
