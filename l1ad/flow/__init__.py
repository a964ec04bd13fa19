"""The steps of a run, each a short function that joins the rooms; the run directory is what they share."""
