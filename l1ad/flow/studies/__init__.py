"""The studies: what each does with its trials."""
