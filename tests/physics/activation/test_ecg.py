"""What electrodes see of activation: a strand by hand, and a man's ventricle as its rhythm is."""

from dataclasses import replace

import numpy as np
import pytest

from physics.activation.ecg import (
    ALONG_S_PER_M,
    ASSUMED,
    HEIGHT_MV,
    LASTS_MS,
    LEADS,
    OUTSIDE_S_PER_M,
    Electrocardiogram,
    Electrodes,
    leads_of,
)
from physics.activation.rhythm import RHYTHMS, activation_of
from physics.heart import Ellipsoid, coordinates, fibers_of
from tests.physics.activation.test_rhythm import SEPTUM
from tests.viewers.phantoms import box_mesh
from twin.domain import TetMesh

V1, V6 = LEADS.index("V1"), LEADS.index("V6")
STRAND_MM, SIDE_MM, AWAY_MM, SPEED = 40.0, 4.0, 60.0, 0.6


def strand() -> TetMesh:
    """A strand along x, its fibers along it, from −20 to 20 mm."""
    mesh = box_mesh((20, 2, 2), 1.0)
    low, high = mesh.points.min(axis=0), mesh.points.max(axis=0)
    points = ((mesh.points - low) / (high - low) - 0.5) * [STRAND_MM, SIDE_MM, SIDE_MM]
    return replace(mesh, points=points, axes=np.tile(np.eye(3), (len(mesh.tets), 1, 1)))


def seen(mesh: TetMesh, activation: np.ndarray, place: float) -> Electrocardiogram:
    """What an electrode on the strand's axis sees, given as each lead's only one."""
    electrode = np.tile([place, 0.0, 0.0], (len(LEADS), 1, 1))
    return Electrodes(mesh, electrode, np.ones((len(LEADS), 1))).electrocardiogram(activation, activation)


def test_a_front_that_comes_nearer_is_positive_and_one_that_goes_away_negative() -> None:
    """By hand: a front across S mm² at r mm makes H σᵢ S / (4 π σ r²), against it the same below zero."""
    mesh = strand()
    arrives = (mesh.points[:, 0] + STRAND_MM / 2) / SPEED
    ahead, behind = (seen(mesh, arrives, side * AWAY_MM) for side in (1.0, -1.0))
    at = int(STRAND_MM / 2 / SPEED - ahead.activation_from_ms)  # when the front is in the middle
    by_hand = HEIGHT_MV * ALONG_S_PER_M * SIDE_MM**2 / (4 * np.pi * OUTSIDE_S_PER_M * AWAY_MM**2)
    assert ahead.activation_mv[0, at] == pytest.approx(by_hand, rel=0.05)
    assert behind.activation_mv[0, at] == pytest.approx(-by_hand, rel=0.05)
    assert ahead.activation_mv.min() > -0.01 * by_hand
    assert behind.activation_mv.max() < 0.01 * by_hand
    # The place that was reached last recovers first: the wave back has the same sign.
    assert ahead.repolarization_mv.sum() > 0 > behind.repolarization_mv.sum()


def test_what_is_activated_all_at_once_and_recovers_so_is_not_seen() -> None:
    mesh = strand()
    found = seen(mesh, np.zeros(len(mesh.points)), AWAY_MM)
    assert np.abs(found.at(np.linspace(0.0, 1.0, 500), 0.1, 1.0)).max() < 1e-9
    assert found.qrs_ms == 0.0


@pytest.fixture(scope="module")
def shown() -> dict[str, Electrocardiogram]:
    """Of a man's ventricle in each rhythm, and in normal conduction with a dead lateral wall."""
    mesh = Ellipsoid(24.0, 60.0, 33.0, 69.0, 18.0).mesh(10.0, layers=1)
    at = coordinates(mesh)
    fibers = fibers_of(mesh, at=at)
    mesh = replace(mesh, axes=np.stack([fibers.fiber, fibers.sheet, fibers.normal], axis=1))
    electrodes = Electrodes(mesh, *leads_of(at, SEPTUM))
    times = {name: activation_of(mesh, at, SEPTUM, rhythm).node_ms for name, rhythm in RHYTHMS.items()}
    made = {name: electrodes.electrocardiogram(one, times["normal"]) for name, one in times.items()}
    living = np.where(mesh.points[mesh.tets[:, :4]].mean(axis=1)[:, 0] > 15.0, 0.0, 1.0)
    made["infarct"] = electrodes.electrocardiogram(times["normal"], times["normal"], living)
    return made


def test_qrs_is_narrow_wide_in_block_and_less_so_with_a_lead(shown: dict[str, Electrocardiogram]) -> None:
    """AHA/ACCF/HRS (Surawicz et al. 2009, Circulation 119:e235): up to 110 ms; block from 120 ms on."""
    assert 50.0 < shown["normal"].qrs_ms < 110.0
    assert 120.0 < shown["left bundle branch block"].qrs_ms < 200.0
    assert shown["resynchronized"].qrs_ms < 0.95 * shown["left bundle branch block"].qrs_ms


def test_leads_look_as_cardiologists_know_them(shown: dict[str, Electrocardiogram]) -> None:
    """Normal: r S in V1, q R in V6, T with R. Block: Q S in V1, a broad R in V6, T against it (ibid.)."""
    normal, block = shown["normal"].activation_mv, shown["left bundle branch block"].activation_mv
    strong = np.abs(normal) > 0.1 * np.abs(normal).max(axis=1, keepdims=True)
    first = [normal[lead, np.argmax(strong[lead])] for lead in (V1, V6)]
    assert first[0] > 0 > first[1]
    assert -normal[V1].min() > normal[V1].max()
    assert normal[V6].max() > 3 * -normal[V6].min()
    assert -block[V1].min() > 5 * block[V1].max()
    assert block[V6].max() > 5 * -block[V6].min()
    back = {name: one.repolarization_mv.sum(axis=1)[V6] for name, one in shown.items()}
    assert back["normal"] > 0 > back["left bundle branch block"]
    assert shown["infarct"].activation_mv[V6].max() < 0.7 * normal[V6].max()
    assert len(ASSUMED) == 3


def test_qt_is_an_adult_s_and_goes_with_the_root_of_the_beat(shown: dict[str, Electrocardiogram]) -> None:
    """At 60 a minute 350 to 450 ms (Rautaharju et al. 2009, Circulation 119:e241); QRS stays as long."""
    ends, peaks = [], []
    for beat_s in (1.0, 0.64):
        times = np.arange(0.0, beat_s, 1e-3)
        wave = shown["normal"].at(times, 0.0, beat_s)[V6]
        late = np.where((times > 0.15) & (times < 0.8 * beat_s), np.abs(wave), 0.0)
        peaks.append(times[late.argmax()])
        ends.append(times[np.flatnonzero(late > 0.1 * late.max())[-1]])
        tall = np.abs(shown["normal"].activation_mv[V6]).max()
        assert np.abs(wave[:150]).max() == pytest.approx(tall, rel=0.05)
    assert 0.35 < ends[0] < 0.45
    assert peaks[0] - peaks[1] == pytest.approx(0.2e-3 * LASTS_MS, abs=0.003)
    later = shown["normal"].at(np.array([0.45, 1.45]), 0.4, 1.0)
    np.testing.assert_allclose(later[:, 0], later[:, 1])  # in beats that are all alike
