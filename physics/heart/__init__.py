"""Ventricles as tetrahedra with named patches, coordinates and fibers.

The patches are ``endo_lv``, ``endo_rv`` (where there is a right ventricle), ``epi`` and ``base``.
"""

from physics.heart.ellipsoid import LAND_2015, Ellipsoid
from physics.heart.fibers import Fibers
from physics.heart.wall import Wall, mesh_of

__all__ = ["LAND_2015", "Ellipsoid", "Fibers", "Wall", "mesh_of"]
