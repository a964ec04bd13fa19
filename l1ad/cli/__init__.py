"""The front door: one command per step, each about ten lines."""
