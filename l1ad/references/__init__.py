"""Classical references: what a trigger is worth beside single cuts, densities and a supervised bound."""
