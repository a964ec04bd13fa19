"""The Python front door: the steps of the command line as methods of a run and of an algorithm."""
