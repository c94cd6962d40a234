"""The small world of the tuner's tests."""

from tests.tune.conftest import world  # noqa: F401 - a fixture
