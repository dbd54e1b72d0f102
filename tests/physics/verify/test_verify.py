"""Every published problem agrees within its stated tolerance, and the table has its columns."""

from collections.abc import Callable

import pytest

from physics.verify import Row, long_names, names, row, verify
from twin.errors import UserError

COLUMNS = {"problem", "quantity", "value", "reference", "unit", "error_percent", "within"}


# The rates of “manufactured” are held by test_elasticity, mesh by mesh.
@pytest.mark.parametrize("name", [n for n in names() if n not in (*long_names(), "manufactured")])
def test_problem_agrees(name: str) -> None:
    rows = verify([name])
    assert rows
    for found in rows:
        assert set(found) == COLUMNS
        assert found["problem"] == name
        assert found["within"], found


def test_references_are_the_published_ones() -> None:
    """orthopaedics.md, "Elasticity solver"; cantilever: 1e9/(3·110000·833.333) + 1e5/(5/6·41044.776·100)."""
    references = {r["quantity"]: r["reference"] for r in verify(["cantilever", "lame-sphere", "le10"])}
    assert references["sigma_theta_inner_mpa"] == pytest.approx(7.142857, abs=1e-6)
    assert references["sigma_r_inner_mpa"] == -10.0
    assert references["sigma_yy_d_mpa"] == -5.38
    assert references["tip_deflection_mm"] == pytest.approx(3.636364 + 0.029236, abs=1e-6)


def test_unknown_problem_lists_those_there_are() -> None:
    assert {"patch", "cantilever", "lame-sphere", "le10"} <= set(names())
    with pytest.raises(UserError, match="lame-sphere"):
        verify(["navier"])


def test_a_long_problem_runs_only_where_it_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[str] = []

    def noted(name: str) -> Callable[[], list[Row]]:
        return lambda: ran.append(name) or []  # type: ignore[func-returns-value]

    known = names()
    assert "niederer" in long_names()
    monkeypatch.setattr("physics.verify._problems", {name: noted(name) for name in known})
    verify()
    assert ran == [name for name in known if name not in long_names()]
    verify(["niederer"])
    assert ran[-1] == "niederer"


def test_row_measures_the_error() -> None:
    assert row("x", 1.02, 1.0, "mm", 1.0)["within"] is False
    assert row("x", 1.02, 1.0, "mm", 3.0)["error_percent"] == pytest.approx(2.0)
    assert row("x", 1e-3, 0.0, "mm", 0.2)["within"] is True
    assert row("x", float("nan"), 1.0, "mm", 3.0)["within"] is False
