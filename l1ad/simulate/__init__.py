"""Simulated events: the only room that knows Pythia. Process, detector, trigger objects, files."""
