"""Jets, and a hunt for bumps in the dijet mass."""
