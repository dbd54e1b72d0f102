"""Importing this declares all steps of the floor."""

import segmentation.bone.steps
import segmentation.face.steps
import segmentation.heart.steps
import segmentation.surface.steps
import segmentation.tetrahedra.steps  # noqa: F401
