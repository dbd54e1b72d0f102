"""Meshes and parameters to fields and curves. Units inside: mm, N, s, hence MPa and tonne."""
