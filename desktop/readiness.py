"""What will be needed soon is loaded and drawn once while nothing happens, so that no job feels it."""

from __future__ import annotations


def load_drawing() -> None:
    """Load what draws in 3-D: a second's work, for the reading thread."""
    import viewers.drawn
    import viewers.glyphs
    import viewers.scene  # noqa: F401


def load_numerics() -> None:
    """Load what combines solved loads and what draws slices, with compiled kernels, by a small use."""
    import numpy as np

    from physics.recombine import RATIO, VON_MISES, combine, displacement
    from twin.domain import Field, Result, TetMesh
    from viewers import layer_kernels, oblique_kernels, slice_kernels

    points = np.vstack([np.zeros(3), np.eye(3)])
    one = np.ones(1)
    tensor = np.ones((1, 1, 6), np.float32)
    result = Result(
        TetMesh(points, np.array([[0, 1, 2, 3]], np.int32), np.zeros(1, np.int32)),
        (
            Field("displacement", "mm", "node", np.ones((1, 4, 3), np.float32)),
            Field("strain", "1", "element", tensor),
            Field("stress", "MPa", "element", tensor),
        ),
        (),
        ("load",),
        {"case": {"load": 1.0}},
        yield_strain_tension=one,
        yield_strain_compression=one,
    )
    for field in (VON_MISES, RATIO):
        combine(result, "case", 1.0, field)
    displacement(result, "case", 1.0)
    slice_kernels.warm()
    layer_kernels.warm()
    oblique_kernels.warm()
