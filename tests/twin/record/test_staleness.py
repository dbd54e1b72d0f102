from tests.twin.record.conftest import Do
from twin import run
from twin.record import Record


def stale(record: Record) -> dict[str, str]:
    return {e.id: e.stale for e in record.entries() if e.stale}


def test_painting_one_femur_leaves_the_other_s_surface_as_it_is(walked: Record, do: Do) -> None:
    do(walked, "example.paint", label=2, index=0)
    assert stale(walked) == {
        "s1": "“bones/left femur” has changed since",
        "m1": "“left femur surface” is itself out of date",
    }
    walked.undo()
    assert stale(walked) == {}


def test_a_labelmap_is_not_stale_because_it_was_edited(walked: Record, do: Do) -> None:
    for index in range(3):
        do(walked, "example.paint", label=1, index=index)
    assert "l1" not in stale(walked)


def test_what_was_edited_is_stale_with_what_it_was_first_made_from(walked: Record, do: Do) -> None:
    do(walked, "example.paint", label=0, index=0)
    do(walked, "record.delete", {"entity": "v1"})
    assert stale(walked)["l1"] == "“CT scan” was removed"
    assert stale(walked)["m1"] == "“left femur surface” is itself out of date"


def test_names_and_colors_make_nothing_stale(walked: Record, do: Do) -> None:
    do(walked, "record.rename", {"entity": "bones"}, name="skeleton")
    do(walked, "record.color", {"entity": "l1"}, color="#ffffff")
    assert stale(walked) == {}


def test_a_confirmed_side_makes_stale_what_was_made_from_that_structure(record: Record, do: Do) -> None:
    do(record, "example.scan")
    do(record, "example.bones", confirmed=False)
    for n in (1, 2):
        do(record, "example.surface", {"labelmap": f"bones/femur {n} (side unconfirmed)"})
    do(record, "labelmap.confirm_side", structure="femur 1 (side unconfirmed)", side="right")
    assert stale(record) == {"s1": "“bones/femur 1 (side unconfirmed)” is no longer there"}


def test_staleness_survives_reopening(walked: Record, do: Do) -> None:
    do(walked, "example.paint", label=2, index=0)
    before = stale(walked)
    walked.close()
    with Record.open(walked.path, write=False) as again:
        assert stale(again) == before != {}


def test_what_was_made_from_something_undone_and_dropped_is_stale(walked: Record, do: Do) -> None:
    do(walked, "example.paint", label=2, index=0)
    call = run.prepare(walked, "example.surface", {"labelmap": "bones/left femur"})
    walked.undo()  # while the step runs
    run.run(walked, call)
    walked.compact()
    do(walked, "record.rename", {"entity": "s3"}, name="late")
    walked.close()
    with Record.open(walked.path, write=False) as again:
        assert stale(again) == {"s3": "“bones/left femur” has changed since"}
        assert again.check() == []
