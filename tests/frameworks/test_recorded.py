"""What is recorded in tests/oracles is what the frameworks compute, and take by default, today."""

import pytest

from tests.oracles import record


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning", "ignore::UserWarning")
@pytest.mark.parametrize("name", record.RECORDERS)
def test_recorded_vectors_are_computed_again(name):
    off, place = record.distance(record.read(name), record.again(name))
    # Keras draws its starts in float32, and a kernel may add in another order.
    assert off < (1e-5 if name == "keras" else record.ROUNDING), place


def test_every_file_is_recorded_or_made_from_nothing():
    files = {file.stem for file in record.FOLDER.glob("*.json")}
    assert files == {*record.RECORDERS, "defaults"}
    assert set(record.KEPT) <= files


def test_a_difference_is_seen():
    off, place = record.distance({"a": [1.0, 2.0]}, {"a": [1.0, 2.5]})
    assert (off, place) == (0.25, "a/1")
    with pytest.raises(AssertionError):
        record.distance({"a": "x"}, {"a": "y"})


def test_the_recorded_defaults_are_those_of_today():
    assert record.defaults() == record.read("defaults")
