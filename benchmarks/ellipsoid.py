"""Problem 2 of Land 2015 on 9,945 P2–P1 tets in 10 steps: ours beside plain Newton, a factorization each.

The peer has the same elements, kernels and PARDISO in double precision, and foresees nothing.
"""

from time import perf_counter
from typing import Any

NAME = "ellipsoid"
GOAL = 0.5
LAYERS, EDGE_MM, STEPS = 3, 1.4, 10


def rows() -> list[dict[str, Any]]:
    """Return our time beside the peer's, and the largest distance of the apexes in mm."""
    import numpy as np

    from physics.cardiac import Body, Equilibrium
    from physics.verify import cardiac

    class Plain(Equilibrium):
        def __init__(self, body: Body) -> None:
            super().__init__(body, thrifty=False)

        def foreseen(self, path: list, part: float) -> Any:
            return path[-1][1]

    # Compiled before the clock runs.
    Equilibrium(cardiac.ventricle(8.0, 1, (10.0, 1.0, 1.0, 1.0))).follow(
        lambda part: np.array([1e-4 * part]), 1
    )
    seconds, apexes = [], []
    for search in (Equilibrium, Plain):
        began = perf_counter()
        body = cardiac.ventricle(EDGE_MM, LAYERS, (10.0, 1.0, 1.0, 1.0))
        end = search(body).follow(lambda part: np.array([cardiac.PRESSURE_2_MPA * part]), STEPS)
        seconds.append(perf_counter() - began)
        apexes.append(cardiac.apexes_mm(body.mesh, end))
    away = float(np.abs(np.subtract(*apexes)).max())
    ours, peer = seconds
    common = {"name": NAME, "ours": ours, "peer": peer, "unit": "s", "goal": GOAL}
    return [
        {
            **common, "peer_name": "plain Newton, PARDISO", "ratio": ours / peer,
            "within": ours / peer <= GOAL and away <= 0.01,
        },
        {
            "name": "ellipsoid-apex", "ours": away, "peer": None, "peer_name": None, "unit": "mm",
            "ratio": None, "goal": 0.01, "within": away <= 0.01,
        },
    ]  # fmt: skip
