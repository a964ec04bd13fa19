"""The studies as documents."""
