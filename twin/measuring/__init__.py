"""Measuring on images: lengths, angles, areas, volumes, and the values inside an outline."""

from twin.measuring.measure import measure

__all__ = ["measure"]
