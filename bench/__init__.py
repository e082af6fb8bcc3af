"""Measurements of the real program, as ratios taken in one run: ``./linea bench`` (docs/performance.md)."""
