"""Good and bad lumi sections."""
