"""Cine MR of the heart: from its views to the left ventricle's wall and the right one's cavity."""
