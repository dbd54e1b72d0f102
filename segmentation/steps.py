"""Importing this declares all steps of the floor."""

import segmentation.surface.steps  # noqa: F401
