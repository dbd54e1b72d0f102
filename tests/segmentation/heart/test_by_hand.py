"""Contours pulled by hand, on the phantom's motion: what moves, by how much, and what stays."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from segmentation.heart.by_hand import NEAR_SHARE, Pull, dragged, pulled
from segmentation.heart.motion import motion_of
from segmentation.heart.ventricle import Ventricles
from tests.segmentation.heart.phantom import ACROSS, AXIS, BACK, CENTER
from twin.domain import Motion, Number, Outline
from twin.errors import UserError

PHASE = 0
FAR_MM = 4.0


@pytest.fixture(scope="module")
def motion(phantom_found: Ventricles) -> Motion:
    return motion_of(phantom_found)


def middle(motion: Motion, phase: int = PHASE) -> Outline:
    """The endocardium in the short-axis slice that lies nearest to the phantom's center."""
    found = [o for o in motion.outlines if o.name == "left endocardium" and o.phase == phase and o.closed]
    return min(found, key=lambda o: abs(float((o.points.mean(axis=0) - CENTER) @ AXIS)))


def outward(outline: Outline, by_mm: float = FAR_MM) -> Pull:
    """A pull of its rearmost point, to the back."""
    start = outline.points[int((outline.points @ BACK).argmax())].astype(float)
    return Pull(outline.name, outline.view, outline.phase, start, start + by_mm * BACK, 10.0)


def test_a_contour_goes_with_the_hand_and_less_along_it(motion: Motion) -> None:
    """The held point by the whole pull, others by a Gaussian of the reach (10 mm), the far side not."""
    outline = middle(motion)
    pull = outward(outline)
    moved = np.linalg.norm(dragged(outline, pull) - outline.points, axis=1)
    assert moved.max() == pytest.approx(FAR_MM)
    held = int(moved.argmax())
    steps = np.linalg.norm(np.diff(np.roll(outline.points, -held, axis=0), axis=0), axis=1)
    along = np.cumsum(steps)
    beside = int(np.abs(along - 10.0).argmin())
    assert abs(along[beside] - 10.0) < 2.0
    share = np.exp(-0.5 * (along[beside] / 10.0) ** 2)
    assert np.roll(moved, -held)[beside + 1] == pytest.approx(FAR_MM * share, rel=1e-3)
    assert np.roll(moved, -held)[len(moved) // 2] < 0.01


def test_the_surface_goes_through_the_contour_and_the_volume_grows(motion: Motion) -> None:
    """Gained: the pull is a Gaussian along the contour (10 mm) and, as the surface goes with it, about one of
    15 mm along the axis; 4 mm × 2π × 10 × 15 mm² is 3.8 mL at most, as the other views hold against it.
    """
    pull = outward(middle(motion))
    after = pulled(motion, pull)
    before, now = (m.surface("endocardium").points[PHASE].astype(float) for m in (motion, after))
    nearest = int(np.linalg.norm(before - pull.start, axis=1).argmin())
    assert (now - before)[nearest] @ BACK == pytest.approx(FAR_MM, rel=0.3)
    gained = after.cavity_ml - motion.cavity_ml
    assert 0.8 < gained[PHASE] < 3.8
    np.testing.assert_allclose(after.wall_ml + after.cavity_ml, motion.wall_ml + motion.cavity_ml)
    opposite = int(((before - CENTER) @ BACK).argmin())
    assert np.linalg.norm(now[opposite] - before[opposite]) < 0.2
    np.testing.assert_array_equal(after.surface("epicardium").points, motion.surface("epicardium").points)


def test_the_base_stays_in_its_plane(motion: Motion, phantom_found: Ventricles) -> None:
    outline = max(
        (o for o in motion.outlines if o.name == "left endocardium" and o.phase == PHASE and o.closed),
        key=lambda o: float(o.points.mean(axis=0) @ AXIS),
    )
    pull = outward(outline)
    tilted = replace(pull, end=pull.end + 2 * AXIS)
    ring = pulled(motion, tilted).surface("endocardium").points[PHASE][-64:]
    before = motion.surface("endocardium").points[PHASE][-64:]
    assert np.linalg.norm(ring - before, axis=1).max() > 0.5
    np.testing.assert_allclose(phantom_found.wall.base.above_mm(ring.astype(float), PHASE), 0, atol=0.05)


def test_phases_beside_follow_softly_and_across_the_cycle_none(motion: Motion) -> None:
    """By the distance in time: exp(−½ (1/8 / 0.05)²) is 4 % of the pull between phases of an eighth."""
    gained = pulled(motion, outward(middle(motion))).cavity_ml - motion.cavity_ml
    share = np.exp(-0.5 * (1 / len(motion.phases) / NEAR_SHARE) ** 2)
    for beside in (1, -1):
        assert gained[beside] == pytest.approx(share * gained[PHASE], rel=0.35)
    assert gained[4] == 0


def test_numbers_follow_and_say_so(motion: Motion) -> None:
    pull = outward(middle(motion))
    by_body = Number("end-diastolic volume index", motion.cavity_ml[0] / 2.0, "mL/m²")  # of a body of 2 m²
    after = pulled(replace(motion, numbers=(*motion.numbers, by_body)), pull)
    named = {n.name: n for n in after.numbers}
    assert named["end-diastolic volume index"].value == pytest.approx(after.cavity_ml[0] / 2.0)
    assert named["end-diastolic volume"].value == after.cavity_ml[after.fullest] > motion.cavity_ml[0]
    assert named["ejection fraction"].value == pytest.approx(
        100 * (1 - after.cavity_ml[after.emptiest] / after.cavity_ml[after.fullest])
    )
    assert "edited by hand" in named["end-diastolic volume"].remark
    assert "by hand" not in named["heart rate"].remark
    assert after.notes[-1] == f"Edited by hand: left endocardium in {pull.view}, phase 1."
    assert pulled(after, outward(middle(after))).notes == after.notes  # said once
    assert [o.by_hand for o in after.outlines].count(True) == 1


def test_what_a_hand_put_right_holds_against_a_later_pull(motion: Motion) -> None:
    """The next slice is pulled after this one: where this contour lies the surface moves less than before."""
    first = outward(middle(motion), 3.0)
    others = [o for o in motion.outlines if o.name == first.edge and o.phase == PHASE and o.closed]
    beside = min(
        (o for o in others if o.view != first.view),
        key=lambda o: abs(float((o.points.mean(axis=0) - middle(motion).points.mean(axis=0)) @ AXIS)),
    )
    then = outward(beside, 3.0)
    at = int(np.linalg.norm(motion.surface("endocardium").points[PHASE] - first.start, axis=1).argmin())

    def moves(before: Motion) -> float:
        steps = pulled(before, then).surface("endocardium").points - before.surface("endocardium").points
        return float(np.linalg.norm(steps[PHASE, at]))

    assert moves(pulled(motion, first)) < 0.6 * moves(motion)


def test_what_cannot_be_pulled_says_why(motion: Motion) -> None:
    pull = outward(middle(motion))
    with pytest.raises(
        UserError, match="no contour “left endocardium” in “nowhere” in phase 1; there is one"
    ):
        pulled(motion, replace(pull, view="nowhere"))
    with pytest.raises(UserError, match="mm beside the contour"):
        pulled(motion, replace(pull, start=pull.start + 40 * ACROSS))
    with pytest.raises(UserError, match="not pulled by 70 mm"):
        pulled(motion, replace(pull, end=pull.start + 70 * BACK))
    with pytest.raises(UserError, match="The wall would be"):  # the wall is 8 mm thick
        pulled(motion, replace(pull, end=pull.start + 16 * BACK))


def test_it_is_a_step_that_is_undone_and_replayed(motion: Motion, tmp_path: Path) -> None:
    import segmentation.heart.steps  # noqa: F401  (declares the step)
    from twin.progress import Progress
    from twin.record import Record
    from twin.run import prepare, run
    from twin.steps import Made, step

    @step("test.phantom_motion", version=1, title="Make", quick=True)
    def make(progress: Progress) -> Made:
        """Make the phantom's motion."""
        return Made({"motion": motion}, {}, {"motion": "left ventricle"})

    pull = outward(middle(motion))
    params = {
        "edge": pull.edge, "view": pull.view, "phase": PHASE,
        "from_mm": tuple(pull.start), "to_mm": tuple(pull.end),
    }  # fmt: skip
    with Record.create(tmp_path / "a.twin") as record:
        made = run(record, prepare(record, "test.phantom_motion", {}, {}), Progress())
        id = made.outputs["motion"]["id"]

        def digest_of() -> str:
            return next(e.digest for e in record.entries() if e.id == id)

        digest = digest_of()
        run(record, prepare(record, "motion.pull_contour", {"motion": id}, params), Progress())
        edited = record.load(id)
        assert isinstance(edited, Motion)
        assert edited.cavity_ml[PHASE] > motion.cavity_ml[PHASE]
        pulled_digest = digest_of()
        record.undo()
        assert digest_of() == digest
        run(record, prepare(record, "motion.pull_contour", {"motion": id}, params), Progress())
        assert digest_of() == pulled_digest
