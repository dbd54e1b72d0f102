"""Voxels to labels to surfaces to meshes."""
