"""The reduced heart against full beats at settings of its sliders that were drawn at random; and its speed.

Takes some minutes: each setting is a full beat in 3-D, from where the reduced heart has settled.
"""

from time import perf_counter
from typing import Any

import numpy as np

NAME = "reduced-heart"
SETTINGS = 20
SEED = 4
FRAME_S = 0.04


def rows() -> list[dict[str, Any]]:
    """Return errors over all settings (issue 4, line 6), and frames a second; prints each setting."""
    from physics.cardiac import LiveHeart, beat, chart_of, reduced_of, tension_of
    from physics.circulation import ADULT, measures_of
    from physics.heart.deformation import deformation_of
    from physics.verify import cardiac

    ventricle = cardiac.grown_ventricle(9.0, 1)
    mesh, peak = ventricle.body.mesh, cardiac.PEAK_KPA
    began = perf_counter()
    tensions = np.linspace(0.0, 1.7 * peak, 9)
    reduced = reduced_of(chart_of(ventricle, np.linspace(32.0, 190.0, 15), tensions))
    made_s = perf_counter() - began
    live = LiveHeart(reduced, ADULT, peak, tension_of)
    mean, far, pressure, ejected, strain = [], [], [], [], []
    random = np.random.default_rng(SEED)
    drawn = 0
    while len(mean) < SETTINGS:
        controls = _drawn(random)
        drawn += 1
        live = LiveHeart(reduced, ADULT, peak, tension_of)
        live.control(controls)
        live.go(15 * live.circulation.beat_s)
        moment = live.go(live.circulation.beat_s)
        if moment.beyond or live.last_beat is None:
            print(f"{controls}: beyond, said so")
            continue
        kept = live.last_beat
        scaled = _stiffer(controls.stiffness)
        tension = tension_of(live.circulation, peak * controls.contractility)
        state = kept.states[0]
        start = float(np.asarray(tension(np.zeros(1)))[0])
        place = scaled.at(float(state[1]), start, scaled.rest())
        full = beat(scaled, live.circulation, tension, place, state)
        off, pressures, frames = [], [], []
        for time, there in full.places[1:]:
            n = int(np.abs(kept.times_s - time).argmin())
            volume, pull = float(kept.states[n, 1]), float(kept.drives[n])
            moved = reduced.displacement_mm(volume, pull, controls.stiffness)
            frames.append(mesh.points + moved)
            off.append(np.linalg.norm(frames[-1] - there.state.points, axis=1))
            pressures.append(abs(float(kept.pressures_mmhg[n, 1]) - there.pressure_mmhg))
        ours, theirs = measures_of(kept), full.measures()
        name = "lv_ejection_fraction_percent"
        filled = int(np.argmax([p.volume_ml for _, p in full.places[1:]]))
        strains = [
            100 * float(np.abs(deformation_of(mesh, shapes, filled).longitudinal).max())
            for shapes in (frames, [p.state.points for _, p in full.places[1:]])
        ]
        mean.append(float(np.concatenate(off).mean()))
        far.append(float(np.percentile(np.concatenate(off), 95)))
        pressure.append(max(pressures))
        ejected.append(abs(ours[name] - theirs[name]))
        strain.append(abs(strains[0] - strains[1]))
        print(
            f"{controls}: EF {theirs[name]:.1f} %, off {mean[-1]:.3f} mm, p95 {far[-1]:.3f} mm, "
            f"{pressure[-1]:.2f} mmHg, EF {ejected[-1]:.2f}, strain {strain[-1]:.2f} points"
        )
    print(f"chart and modes ({len(reduced.modes)}) made in {made_s:.0f} s; {drawn} settings drawn")
    return [
        _row("-displacement-mean", max(mean), "mm", 0.5),
        _row("-displacement-p95", max(far), "mm", 1.5),
        _row("-pressure", max(pressure), "mmHg", 3.0),
        _row("-ef", max(ejected), "points", 1.5),
        _row("-strain", max(strain), "points", 1.0),
        _row("-frame", _frame_ms(live), "ms", 40.0),
    ]


def _drawn(random: np.random.Generator) -> Any:
    from physics.cardiac import Controls

    return Controls(
        float(random.uniform(-200.0, 400.0)), float(random.uniform(0.6, 1.6)),
        float(random.uniform(0.6, 1.4)), float(random.uniform(0.7, 1.5)), float(random.uniform(55.0, 100.0)),
    )  # fmt: skip


def _stiffer(stiffness: float) -> Any:
    """Return the ventricle with another passive stiffness; its bulk is infinite."""
    from physics.verify import cardiac

    made = cardiac.grown_ventricle(9.0, 1)
    scales = list(made.body.law.stress_scales)
    made.body.numbers[:, scales] *= stiffness
    return made


def _frame_ms(live: Any) -> float:
    """Return the median time of a frame: the circulation's way, and the wall's new shape."""
    taken = []
    for _ in range(200):
        began = perf_counter()
        live.displacement_mm(live.go(FRAME_S))
        taken.append(1e3 * (perf_counter() - began))
    return float(np.median(taken))


def _row(what: str, ours: float, unit: str, goal: float) -> dict[str, Any]:
    alone = {"peer": None, "peer_name": None, "ratio": None}
    return alone | {"name": NAME + what, "ours": ours, "unit": unit, "goal": goal, "within": ours <= goal}
