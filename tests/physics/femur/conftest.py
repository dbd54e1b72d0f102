import pytest

from tests.physics.femur.femora import landmarks_of, made_femur, real_femur


@pytest.fixture(scope="session")
def femur(shared_data):
    """Left femur of ct-hip, 5 mm tetrahedra."""
    return real_femur(shared_data, "left", 5.0)


@pytest.fixture(scope="session")
def landmarks(femur):
    return landmarks_of(femur.surface)


@pytest.fixture(scope="session")
def whole():
    """A made right femur with condyles, turned by 20°, and its truth."""
    return made_femur(20.0)
