"""One full beat of a ventricle of some 5,000 P2–P1 tets, coupled to the closed circulation."""

from time import perf_counter
from typing import Any

NAME = "beat"
GOAL_S = 60.0


def rows() -> list[dict[str, Any]]:
    """Return seconds of a healthy adult's beat, from the filling ventricle to the next one's."""
    from physics.cardiac import beat, tension_of
    from physics.circulation import ADULT
    from physics.verify import cardiac

    def begun(edge_mm: float, layers: int) -> tuple[Any, ...]:
        ventricle = cardiac.grown_ventricle(edge_mm, layers)
        tension, state = tension_of(ADULT, cardiac.PEAK_KPA), ADULT.start.array()
        place = ventricle.at(state[1], 0.0, ventricle.rest())
        return ventricle, ADULT, tension, place, state

    beat(*begun(18.0, 1))  # compiled before the clock runs
    case = begun(4.8, 2)
    began = perf_counter()
    found = beat(*case)
    seconds = perf_counter() - began
    return [
        {
            "name": f"{NAME} ({len(case[0].body.mesh.tets)} tets, {len(found.places) - 1} steps)",
            "ours": seconds, "peer": None, "peer_name": None, "unit": "s", "ratio": None, "goal": GOAL_S,
            "within": seconds <= GOAL_S,
        }
    ]  # fmt: skip
