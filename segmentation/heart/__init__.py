"""Cine MR of the heart: from its views to the left ventricle's wall at every phase, and the right one's cavity."""
