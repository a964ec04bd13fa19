"""Vendor tools found and run, and their reports read; floor 2, no other room."""
