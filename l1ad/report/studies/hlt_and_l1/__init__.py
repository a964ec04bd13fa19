"""HLT objects and L1 objects of the same crossings."""
