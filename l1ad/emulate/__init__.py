"""Running a trigger algorithm in software, exactly, and finding where another implementation departs."""
