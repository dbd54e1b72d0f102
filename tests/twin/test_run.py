from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.twin.record.conftest import Do, do, record, run_step, walked
from tests.twin.record.examples import BoneParams, ScanParams, scan
from twin import run
from twin.domain import Identity, LabelMap, Landmark, Landmarks, Surface, Volume
from twin.errors import Cancelled, UserError
from twin.progress import Progress
from twin.record import Call, LogEntry, Record
from twin.steps import Made, step

__all__ = ["do", "record", "walked"]  # fixtures


# --- binding


def test_the_only_one_need_not_be_named(walked: Record) -> None:
    assert run.prepare(walked, "example.bones").inputs["volume"].id == "v1"


def test_several_are_named_in_the_message(walked: Record) -> None:
    with pytest.raises(UserError, match=r"several.*s1 “left femur surface”, s2 “right femur surface”"):
        run.prepare(walked, "example.mesh")


@pytest.mark.parametrize(
    ("step", "inputs", "words"),
    [
        ("example.nothing", {}, "no step “example.nothing”"),
        ("example.bones", {"image": "v1"}, "no input “image”.*volume"),
        ("example.bones", {"volume": "bones"}, "takes a volume; “bones” is a labelmap.*v1 “CT scan”"),
        ("example.bones", {"volume": "MR"}, "no “MR” in a.twin"),
        ("example.surface", {"labelmap": "bones/tibia"}, "no part “tibia”.*right femur, left femur"),
        (
            "example.mesh",
            {"surface": "bones/left femur"},
            "takes a surface; “bones/left femur” is a labelmap",
        ),
        ("example.paint", {"labelmap": "bones/left femur"}, "as a whole"),
        ("record.rename", {}, "needs entity.*several"),
    ],
)
def test_what_cannot_be_bound_is_said(walked: Record, step: str, inputs: dict[str, str], words: str) -> None:
    with pytest.raises(UserError, match=words):
        run.prepare(walked, step, inputs, {"label": 1} if step == "example.paint" else {})


def test_an_empty_record_has_nothing_to_bind(record: Record) -> None:
    with pytest.raises(UserError, match=r"needs a volume, and a\.twin holds none"):
        run.prepare(record, "example.bones")


def test_a_patch_of_a_mesh_is_a_surface(walked: Record) -> None:
    call = run.prepare(walked, "example.mesh", {"surface": "left femur mesh/outer"})
    run.run(walked, call)
    assert walked.find("m2").stale == ""


def test_names_params_and_what_is_replaced(walked: Record) -> None:
    call = run.prepare(
        walked, "example.bones", params=BoneParams(950.0), name="dense", into={"bones": "bones"}
    )
    assert (call.params.threshold_hu, call.into) == (950.0, {"bones": "l1"})
    run.run(walked, call)
    assert [(e.id, e.name) for e in walked.entries() if e.kind == "labelmap"] == [("l1", "dense")]
    with pytest.raises(TypeError, match="takes BoneParams"):
        run.prepare(walked, "example.bones", params=ScanParams())


def test_two_steps_of_one_name_are_refused() -> None:
    def bones(volume: Volume, progress: Progress) -> Made:
        return Made({})

    bones.__qualname__ = "bones"  # as the other module's is called
    with pytest.raises(ValueError, match=r"called example\.bones: tests\.twin\.record\.examples\.bones"):
        step("example.bones", version=1, title="Bones")(bones)


# --- many of one kind


@step("example.together", version=1, title="Together", fits={"surfaces": lambda tree: tree["side"] != "none"})
def together(surfaces: tuple[Surface, ...], volume: Volume) -> Made:
    """Tell how many points several surfaces have."""
    return Made({}, {"points": [len(s.points) for s in surfaces], "slices": volume.shape[0]})


@step("example.summed", version=1, title="Summed")
def summed(volumes: tuple[Volume, ...]) -> Made:
    """Mark the middle of what several volumes hold."""
    place = np.mean([v.voxels.mean() for v in volumes]) * np.ones(3)
    return Made({"points": Landmarks({"middle": Landmark(place, "mean")}, np.eye(3), "mean", False)})


def test_an_input_of_many_takes_all_that_fit(walked: Record) -> None:
    call = run.prepare(walked, "example.together")
    assert {name: ref.id for name, ref in call.inputs.items()} == {
        "surfaces 1": "s1", "surfaces 2": "s2", "volume": "v1",
    }  # fmt: skip
    points = [len(walked.load(name).points) for name in ("s1", "s2")]  # type: ignore[union-attr]
    assert run.run(walked, call).summary["points"] == points


def test_or_those_named_in_their_order(walked: Record) -> None:
    call = run.prepare(walked, "example.together", {"surfaces 2": "s1", "surfaces 1": "s2"})
    assert [call.inputs[f"surfaces {n}"].id for n in (1, 2)] == ["s2", "s1"]
    call = run.prepare(walked, "example.together", {"surfaces": "s2"})
    assert [call.inputs[name].id for name in call.inputs] == ["s2", "v1"]
    with pytest.raises(UserError, match="takes a surface; “CT scan” is a volume"):
        run.prepare(walked, "example.together", {"surfaces 1": "v1"})
    with pytest.raises(UserError, match="has no input “surfaces x”"):
        run.prepare(walked, "example.together", {"surfaces x": "s1"})


def test_many_are_made_again_and_replayed_with_what_the_other_patient_has(
    record: Record, tmp_path: Path, do: Do
) -> None:
    """The other's three scans stand for the two of the first: none of them need be bound."""
    for seed in (1, 2):
        do(record, "example.scan", seed=seed)
    done = run.run(record, run.prepare(record, "example.summed"))
    assert list(done.inputs) == ["volumes 1", "volumes 2"]
    again = run.remake(record, done.outputs["points"]["id"])
    assert {k: r.id for k, r in again.inputs.items()} == {"volumes 1": "v1", "volumes 2": "v2"}
    with Record.create(tmp_path / "other.twin") as other:
        for seed in range(3):
            do(other, "example.scan", seed=seed)
        (call,) = [c for c in run.replay(record, other) if run.run(other, c)]
        assert [r.id for r in call.inputs.values()] == ["v1", "v2", "v3"]
        (bound,) = [c for c in run.replay(record, other, {"v1": "v2", "v2": "v3"}) if run.run(other, c)]
        assert [r.id for r in bound.inputs.values()] == ["v2", "v3"]


def test_none_of_many_is_said(record: Record, do: Do) -> None:
    do(record, "example.scan")
    with pytest.raises(UserError, match=r"at least one surface.*[Ii]mport one"):
        run.prepare(record, "example.together")


# --- running


def test_frame_and_identity_come_from_the_inputs_where_they_agree(record: Record, do: Do) -> None:
    do(record, "example.scan", patient_name="HIP")
    do(record, "example.bones")
    bones = record.load("bones")
    assert (bones.frame_of_reference, bones.identity.patient_name) == ("1.2.3", "HIP")


def test_frame_stays_empty_where_inputs_lie_in_different_spaces() -> None:
    one = scan(ScanParams(patient_name="HIP"))
    other = replace(one, frame_of_reference="4.5.6")
    stranger = replace(one, identity=Identity(patient_id="P9"))

    def difference(fixed: Volume, moving: Volume) -> Volume:
        from twin.record import Ref

        inputs = {"fixed": Ref("v1", "a", "a"), "moving": Ref("v2", "b", "b")}
        call = Call("example.register", 1, None, inputs)
        made = run.execute(call, lambda ref: {"v1": fixed, "v2": moving}[ref.id], Progress())
        found = made.outputs["difference"]
        assert isinstance(found, Volume)
        return found

    assert difference(one, one).frame_of_reference == "1.2.3"
    assert difference(one, other).frame_of_reference == ""
    assert difference(one, other).identity == one.identity
    assert difference(one, stranger).identity == Identity()


def test_a_step_sees_what_it_was_prepared_on(walked: Record, do: Do) -> None:
    call = run.prepare(walked, "example.surface", {"labelmap": "bones/left femur"})
    do(walked, "example.paint", label=2, index=0)
    run.run(walked, call)
    assert walked.find("s3").stale == "“bones/left femur” has changed since"


def test_a_cancelled_step_leaves_the_record_as_it_was(
    walked: Record, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = walked.log()

    def stops(*_: object) -> None:
        Progress(stop=lambda: True)(0.5)

    monkeypatch.setattr(run, "execute", stops)
    with pytest.raises(Cancelled):
        run.run(walked, run.prepare(walked, "example.bones"))
    assert walked.log() == before


def test_a_step_of_another_version_is_not_run(walked: Record) -> None:
    call = replace(run.prepare(walked, "example.bones"), version=7)
    with pytest.raises(UserError, match="of version 1 here, not 7"):
        run.run(walked, call)


# --- making again


def test_remaking_a_stale_entity(walked: Record, do: Do) -> None:
    do(walked, "example.paint", label=2, index=0)
    with pytest.raises(UserError, match=r"“left femur surface”.*itself out of date.*again first"):
        run.remake(walked, "m1")
    assert run.remake_order(walked, "m1") == ("s1", "m1")
    for id in run.remake_order(walked, "m1"):
        run.run(walked, run.remake(walked, id))
    assert [e.stale for e in walked.entries()] == [""] * 5
    surface = walked.load("s1")
    assert isinstance(surface, Surface)
    assert surface.points.max() == 73  # 2 × 6 × 6 voxels and the one painted
    assert run.remake_order(walked, "m1") == ()


def test_remaking_keeps_the_user_s_names_and_renews_the_step_s(record: Record, do: Do) -> None:
    do(record, "example.scan")
    do(record, "example.bones", confirmed=False)
    for n in (1, 2):
        do(record, "example.surface", {"labelmap": f"bones/femur {n} (side unconfirmed)"})
    do(record, "record.rename", {"entity": "s2"}, name="mine")
    do(record, "labelmap.confirm_side", structure="femur 1 (side unconfirmed)", side="right")
    do(record, "labelmap.confirm_side", side="left")
    for id in ("s1", "s2"):
        run.run(record, run.remake(record, id))
    assert [(e.id, e.name, e.stale) for e in record.entries()][2:] == [
        ("s1", "right femur surface", ""),
        ("s2", "mine", ""),
    ]
    assert record.log()[-2].inputs["labelmap"]["part"] == "right femur"


def test_what_remaking_would_lose_is_said(walked: Record, do: Do) -> None:
    do(walked, "example.paint", label=1, index=0)
    with pytest.raises(UserError, match="changed by hand"):
        run.remake(walked, "bones")
    run.run(walked, run.remake(walked, "bones", lose_edits=True))
    labelmap = walked.load("bones")
    assert isinstance(labelmap, LabelMap)
    assert labelmap.labels.reshape(-1)[0] == 0
    assert {e.stale for e in walked.entries()} == {""}  # the surfaces were of the unpainted parts


def test_what_cannot_be_remade(walked: Record, do: Do) -> None:
    with pytest.raises(UserError, match="not made from anything here"):
        run.remake(walked, "v1")
    do(walked, "record.delete", {"entity": "bones"})
    with pytest.raises(UserError, match="“bones”, from which “left femur surface” was made, was removed"):
        run.remake(walked, "s1")


# --- replay


@pytest.fixture
def target(tmp_path: Path) -> Iterator[Record]:
    """Another patient's record with one CT in it."""
    with Record.create(tmp_path / "other.twin") as other:
        run_step(other, "example.scan", seed=5, patient_id="P2", offset_mm=30.0)
        yield other


def replayed(source: Record, target: Record, **bind: str) -> list[LogEntry]:
    return [run.run(target, call) for call in run.replay(source, target, bind)]


def test_replay_runs_the_steps_on_another_patient(walked: Record, target: Record, do: Do) -> None:
    do(walked, "record.rename", {"entity": "v1"}, name="CT of Anna")
    do(walked, "record.rename", {"entity": "s1"}, name="bone")
    do(walked, "example.paint", label=2, index=3)
    run.run(walked, run.remake(walked, "s1"))
    do(walked, "example.mesh", {"surface": "s2"})
    walked.undo()
    steps = [e.step for e in replayed(walked, target)]
    assert steps == [
        "example.bones", "example.surface", "example.surface", "example.mesh", "record.rename",
        "example.paint", "example.surface",
    ]  # fmt: skip
    assert [e.name for e in target.entries()] == [
        "CT scan", "bones", "bone", "right femur surface", "left femur mesh",
    ]  # fmt: skip
    assert [bool(e.stale) for e in target.entries()] == [bool(e.stale) for e in walked.entries()]
    assert {e.tree["identity"]["patient_id"] for e in target.entries()} == {"P2"}
    labels = target.load("bones")
    assert isinstance(labels, LabelMap)
    assert labels.affine[0, 3] == 30.0
    assert target.check() == []


def test_replay_on_itself_gives_the_same_content(walked: Record, tmp_path: Path) -> None:
    with Record.create(tmp_path / "twice.twin") as twice:
        run_step(twice, "example.scan")
        replayed(walked, twice)
        assert [e.digest for e in twice.entries()] == [e.digest for e in walked.entries()]


def test_replay_asks_which_of_several_images_is_meant(walked: Record, target: Record, do: Do) -> None:
    do(target, "example.scan", seed=6, patient_id="P2")
    before = target.log()
    with pytest.raises(UserError, match=r"which CT volume of other\.twin.*v1 “CT scan”, v2 “CT scan 2”"):
        replayed(walked, target)
    assert target.log() == before
    replayed(walked, target, v1="CT scan 2")
    assert target.find("l1").stale == ""
    assert target.log()[2].inputs["volume"]["id"] == "v2"
    with pytest.raises(UserError, match=r"no “MR” in a\.twin to bind"):
        replayed(walked, target, MR="v1")


def test_what_is_bound_may_be_named_as_it_is_called_now(walked: Record, target: Record, do: Do) -> None:
    do(target, "example.scan", seed=6, patient_id="P2")
    do(walked, "record.rename", {"entity": "v1"}, name="Abdomen/Pelvis")
    replayed(walked, target, **{"Abdomen/Pelvis": "v2"})
    assert target.log()[2].inputs["volume"]["id"] == "v2"


def test_what_holds_for_one_patient_is_not_replayed_on_another(
    walked: Record, target: Record, do: Do
) -> None:
    do(walked, "example.weigh", {"volume": "v1"}, weight_kg=92, gravity=1.62)
    replayed(walked, target)
    assert target.log()[-1].params == {"weight_kg": 75.0, "gravity": 1.62}


def test_a_side_is_confirmed_for_each_patient_anew(record: Record, target: Record, do: Do) -> None:
    do(record, "example.scan")
    do(record, "example.bones", confirmed=False)
    for n, side in ((1, "right"), (2, "left")):
        do(record, "labelmap.confirm_side", structure=f"femur {n} (side unconfirmed)", side=side)
    do(record, "example.surface", {"labelmap": "bones/left femur"})
    words = r"“Confirm side” \(side = right\) was said of the patient of a\.twin.*with “bones” bound"
    with pytest.raises(UserError, match=words):
        replayed(record, target)
    assert [e.step for e in target.log()] == ["example.scan", "example.bones"]
    do(target, "labelmap.confirm_side", structure="femur 1 (side unconfirmed)", side="left")
    done = replayed(record, target, bones="bones")
    assert [e.step for e in done] == ["example.surface"]
    assert (done[0].inputs["labelmap"]["id"], done[0].inputs["labelmap"]["part"]) == ("l1", "left femur")


def test_what_is_said_of_an_image_is_said_of_each_anew(record: Record, tmp_path: Path, do: Do) -> None:
    do(record, "example.scan", modality="")
    do(record, "volume.confirm_modality", modality="CT")
    do(record, "example.bones")
    with Record.create(tmp_path / "silent.twin") as other:
        do(other, "example.scan", modality="", patient_id="P2")
        with pytest.raises(UserError, match=r"“Confirm modality” \(modality = CT\).*holds for no other"):
            replayed(record, other)
        do(other, "volume.confirm_modality", modality="CT")
        done = replayed(record, other, v1="v1")
        assert [(e.step, e.inputs["volume"]["made_by"]) for e in done] == [("example.bones", 2)]


def test_replay_takes_no_image_of_another_modality(walked: Record, tmp_path: Path) -> None:
    with Record.create(tmp_path / "mr.twin") as other:
        run_step(other, "example.scan", patient_id="P2", modality="MR")
        with pytest.raises(UserError, match=r"which CT volume.*to one of: none"):
            replayed(walked, other)


def test_replay_says_which_part_has_no_equal(
    walked: Record, target: Record, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unsettled(record: Record, step: str, *rest: object, **more: object) -> Call:
        call = prepare(record, step, *rest, **more)  # type: ignore[arg-type]
        return replace(call, params=BoneParams(confirmed=False)) if step == "example.bones" else call

    prepare = run.prepare
    monkeypatch.setattr(run, "prepare", unsettled)
    words = r"no “left femur” in “bones”.*“femur 1 \(side unconfirmed\)”, “femur 2 \(side unconfirmed\)”"
    with pytest.raises(UserError, match=words):
        replayed(walked, target)
    # What was done till then stays and can be gone on from: the parts are bound by name.
    target.undo()
    bind = {"bones/left femur": "femur 2 (side unconfirmed)", "l1/right femur": "femur 1 (side unconfirmed)"}
    replayed(walked, target, **bind)
    assert [e.kind for e in target.entries()] == ["volume", "labelmap", "surface", "surface", "mesh"]
    assert target.log()[-3].inputs["labelmap"]["part"] == "femur 2 (side unconfirmed)"


def test_replay_stops_where_a_step_was_not_run(walked: Record, target: Record) -> None:
    calls = run.replay(walked, target, {})
    next(calls)
    with pytest.raises(UserError, match=r"“example.bones” was not run on other\.twin"):
        next(calls)


def test_numpy_arrays_of_a_replay_are_its_own(walked: Record, target: Record) -> None:
    replayed(walked, target)
    mine, other = target.load("v1"), walked.load("v1")
    assert isinstance(mine, Volume)
    assert isinstance(other, Volume)
    assert not np.array_equal(mine.voxels, other.voxels)
