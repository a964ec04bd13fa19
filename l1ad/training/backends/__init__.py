"""Quantisation libraries behind one interface: QKeras, HGQ2, or none."""
