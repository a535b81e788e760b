"""The large libraries that ours is compared with, where they are installed."""

import importlib
import os

import pytest


def library(name):
    """Import one of them; where it is missing, skip, or with ``MLKIT_REQUIRE_PARITY=1`` fail."""
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:  # Keras also misses what it computes with, if there is none
        message = f"{error}: `make parity` compares with PyTorch and Keras"
    if os.environ.get("MLKIT_REQUIRE_PARITY") == "1":
        pytest.fail(message, pytrace=False)
    pytest.skip(message)
