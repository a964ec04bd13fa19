"""Figures of merit of a score: efficiency at a rate, area under the curve, and how sure they are."""
