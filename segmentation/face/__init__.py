"""Faces: found in heads, and taken off images and surfaces before they leave."""
