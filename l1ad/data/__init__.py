"""Events: the batch that every room speaks, the files it comes from, and the samples that ship."""
