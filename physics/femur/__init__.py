"""The femur: its landmarks and frame, and the loads that act on it."""
