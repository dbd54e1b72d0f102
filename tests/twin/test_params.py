from dataclasses import dataclass
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twin.errors import UserError
from twin.params import NoParams, param, parameters, parse


@dataclass(frozen=True)
class Params:
    edge_mm: float = param(2.0, help="Edge length.", unit="mm", low=0.1, high=20.0)
    rounds: int = param(3, help="Rounds.", low=0, advanced=True)
    fine: bool = param(False, help="Finer near the surface.")
    law: Literal["Morgan", "Keller"] = param("Morgan", help="Density law.", title="Modulus law")
    order: str = param("P1", help="Order.", choices=("P1", "P2"))
    place: tuple[float, ...] = param((), help="Point.", unit="mm")
    limit_mpa: float | None = param(None, help="Limit; none where it is open.", unit="MPa")


@dataclass(frozen=True)
class Required:
    name: str = param(help="What it shall be called.")


def test_the_table_that_everything_reads() -> None:
    table = {p.name: p for p in parameters(Params)}
    assert list(table) == ["edge_mm", "rounds", "fine", "law", "order", "place", "limit_mpa"]
    edge = table["edge_mm"]
    assert (edge.type, edge.default, edge.unit, edge.low, edge.high) == (float, 2.0, "mm", 0.1, 20.0)
    assert (edge.title, edge.required, edge.advanced, table["rounds"].advanced) == (
        "Edge mm",
        False,
        False,
        True,
    )
    assert (table["law"].type, table["law"].choices, table["law"].title) == (
        str,
        ("Morgan", "Keller"),
        "Modulus law",
    )
    assert (table["place"].type, table["limit_mpa"].type, table["limit_mpa"].optional) == (tuple, float, True)
    assert parameters(Required)[0].required
    assert parameters(NoParams) == ()


def test_words_from_a_command_line() -> None:
    given_words = {
        "edge_mm": "1.5", "rounds": "7", "fine": "yes", "law": "Keller", "order": "P2", "place": "1,2.5,-3",
        "limit_mpa": "110",
    }  # fmt: skip
    assert parse(Params, given_words) == Params(1.5, 7, True, "Keller", "P2", (1.0, 2.5, -3.0), 110.0)
    assert parse(Params, {}) == Params()
    for word in ("", "none"):
        assert parse(Params, {"limit_mpa": word}).limit_mpa is None
    for word in ("no", "False", "0", False):
        assert parse(Params, {"fine": word}).fine is False


@given(
    st.floats(0.1, 20),
    st.integers(0, 99),
    st.booleans(),
    st.lists(st.floats(allow_nan=False, allow_infinity=False), max_size=3),
)
def test_what_the_log_keeps_parses_to_the_same(
    edge: float, rounds: int, fine: bool, place: list[float]
) -> None:
    """A log holds parameters as JSON: tuples have become lists."""
    params = Params(edge, rounds, fine, place=tuple(place))
    kept: dict[str, Any] = {p.name: getattr(params, p.name) for p in parameters(Params)}
    assert parse(Params, kept | {"place": list(place)}) == params


@pytest.mark.parametrize(
    ("given_values", "words"),
    [
        ({"edge": 1}, "no parameter “edge”.*edge_mm, rounds"),
        ({"edge_mm": 0.05}, "edge_mm = 0.05 mm is out of range.*between 0.1 and 20 mm"),
        ({"edge_mm": "21"}, "out of range"),
        ({"edge_mm": "nan"}, "out of range"),
        (
            {"edge_mm": "thin"},
            "“thin” is no value for “edge_mm”. A number between 0.1 and 20 mm is expected. Edge",
        ),
        ({"edge_m": "2"}, "no parameter “edge_m”. Did you mean “edge_mm”"),
        ({"law": "morgan"}, "no choice for “law”. Did you mean “Morgan”"),
        ({"law": "Kelller"}, "Did you mean “Keller”"),
        ({"edge_mm": None}, "must have a value"),
        ({"rounds": -1}, r"out of range\. It is at least 0\."),
        ({"rounds": "2.5"}, "no value for “rounds”. A whole number of at least 0 is expected."),
        ({"rounds": 2.5}, "“2.5” is no value for “rounds”"),
        ({"rounds": float("inf")}, "no value"),
        ({"place": "1,nan,3"}, r"place = nan mm is out of range\. It is a finite number\."),
        ({"fine": "perhaps"}, "no value for “fine”. Yes or no is expected."),
        ({"place": "1,x"}, "Numbers, with commas between them, in mm are expected."),
        ({"law": "Newton"}, "no choice for “law”.*Morgan, Keller"),
        ({"order": "P3"}, "no choice"),
        ({"limit_mpa": "inf"}, "out of range"),
    ],
)
def test_what_makes_no_sense_is_refused_in_words(given_values: dict[str, Any], words: str) -> None:
    with pytest.raises(UserError, match=words):
        parse(Params, given_values)


def test_what_is_missing_is_asked_for() -> None:
    with pytest.raises(UserError, match=r"“name” is missing\. What it shall be called\."):
        parse(Required, {})


@dataclass(frozen=True)
class _Tuples:
    paths: tuple[str, ...] = param((), help="Files.")
    place: tuple[float, float, float] | None = param(None, help="A point.")


def test_members_of_a_tuple_have_its_type() -> None:
    assert parse(_Tuples, {"paths": ["2024", "a"]}).paths == ("2024", "a")
    assert parse(_Tuples, {"place": "1, 2.5,-3"}).place == (1.0, 2.5, -3.0)
    assert parse(_Tuples, {"place": [1, 2, 3]}).place == (1.0, 2.0, 3.0)


@pytest.mark.parametrize("words", ["1,2", "1,2,3,4", "1,2,x"])
def test_a_tuple_of_the_wrong_length_or_kind_is_refused(words: str) -> None:
    with pytest.raises(UserError, match="is no value for"):
        parse(_Tuples, {"place": words})
