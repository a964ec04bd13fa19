"""Test vectors of the CMS global trigger, as text."""
