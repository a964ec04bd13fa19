"""The configuration: one typed model per room, read from YAML, unknown keys refused."""
