"""Without the frameworks there is nothing to run: `make test` then does not even collect this folder."""

import importlib.util
import os

import pytest

# Before Keras is imported; PyTorch is there anyway.
os.environ["KERAS_BACKEND"] = "torch"

FRAMEWORKS = ["torch", "keras", "keras_tuner", "sklearn", "scipy"]
collect_ignore_glob = (
    [] if all(importlib.util.find_spec(name) for name in FRAMEWORKS) else ["test_*.py"]
)


@pytest.fixture(autouse=True)
def seeded():
    """Weights and batches are drawn alike in every run, whichever tests are chosen."""
    import keras

    keras.utils.set_random_seed(0)
