"""A lepton and anything beside it, at the HLT."""
