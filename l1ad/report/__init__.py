"""Results in, a report out; nothing is computed here."""
