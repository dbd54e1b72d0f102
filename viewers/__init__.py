"""Widgets that draw: slices, 3-D scene, plots, tables."""
