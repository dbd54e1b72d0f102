import pytest

from desktop import people, words
from desktop.heart_card import ROWS
from desktop.palette import score
from physics.beat_names import NAMES, TOLD
from twin.domain import Identity


def test_names_of_numbers_become_words_with_units() -> None:
    assert words.split("volume_ml") == ("Volume", "mL")
    assert words.split("density_g_cm3") == ("Density", "g/cm³")
    assert words.split("inverted") == ("Inverted", "")


def test_numbers_have_three_figures_and_a_unit() -> None:
    assert words.number(61.234, "MPa") == "61.2 MPa"
    assert words.number(156.2, "°") == "156°"
    assert words.number(20979) == "20\u202f979"  # a narrow space between thousands
    assert words.interval(52.0, 71.0) == "52–71"
    assert words.interval(-4.0, 12.0) == "−4 to 12"  # a dash beside a sign would not be read
    assert words.number(-1.098e-10) == "−1.1 × 10⁻¹⁰"
    assert words.number(0.004, "%") == "0.004 %"


def test_a_person_is_told_as_the_bar_shows_him() -> None:
    who = Identity(
        patient_name="HIP^Model",
        patient_id="HIP003",
        birth_date="1963-06-01",
        sex="F",
        study_date="2026-01-05",
    )
    assert people.name_of(who) == "HIP, Model"
    assert people.age_of(who) == "62 y"  # 63 on 1 June 2026
    assert people.line_of(who, "CT") == (
        "HIP, Model  ·  HIP003  ·  born 1963-06-01, 62 y  ·  female  ·  CT 2026-01-05"
    )


@pytest.mark.parametrize(("stated", "shown"), [("062Y", "62 y"), ("009M", "9 months"), ("", "")])
def test_an_age_that_the_file_states_is_shown(stated: str, shown: str) -> None:
    assert people.age_of(Identity(age=stated)) == shown


def test_what_the_file_is_silent_about_is_said_to_be_missing() -> None:
    assert people.line_of(Identity()) == (
        "name not stated  ·  no ID  ·  age not stated  ·  sex not stated  ·  study date not stated"
    )


def test_two_patients_or_two_studies_are_a_mixture() -> None:
    one, other = Identity(patient_id="1", study_uid="a"), Identity(patient_id="2", study_uid="a")
    assert "patient" in people.mixture([one, other])
    assert "study" in people.mixture([one, Identity(patient_id="1", study_uid="b")])
    assert people.mixture([one, one]) == ""
    # As a record tells patients apart: DICOM's carets and capitals come and go.
    named = [Identity(patient_id="1", patient_name=name) for name in ("DOE^JOHN^^", "Doe John", "")]
    assert people.mixture(named) == ""


def test_the_palette_prefers_starts_of_words() -> None:
    titles = ["Close the record", "Segment bone", "Save a copy as…", "Solve"]
    rated = {t: score("sb", t) for t in titles}
    assert rated["Segment bone"] is not None
    assert rated["Solve"] is None
    assert min((s, t) for t in titles if (s := score("so", t)) is not None)[1] == "Solve"


@pytest.mark.parametrize(
    ("name", "value", "high", "said"),
    [
        ("strain / yield (3 mm average), peak", 0.74, 0.95, ""),
        ("strain / yield (3 mm average), peak", 0.74, 1.04, "its interval reaches 1"),
        ("Strain / yield (3 mm average), peak", 1.51, 2.12, "ABOVE 1"),
        ("displacement, largest", 3.3, 4.7, ""),
    ],
)
def test_beyond_yield_the_model_says_that_it_does_not_hold(
    name: str, value: float, high: float, said: str
) -> None:
    warning = words.yield_warning(name, value, high)
    assert warning.startswith(said)
    assert bool(warning) == bool(said)


def test_the_window_calls_numbers_by_the_names_that_results_bear() -> None:
    names = {key: name for key, (name, _) in (NAMES | TOLD).items()}
    told = {row.key: row.whole.lower() for row in ROWS if row.key in names}
    assert len(told) > 12
    assert {key: whole for key, whole in told.items() if not whole.startswith(names[key].lower())} == {}


def test_a_name_that_is_the_id_too_is_told_once() -> None:
    same = people.line_of(Identity(patient_name="patient1", patient_id="patient1", study_date="2025-05-14"))
    assert same.split("  ·  ")[:2] == ["patient1", "age not stated"]
