"""A saved network is names and numbers: no code is stored, so none can be run when a file is opened.

The file is a ``numpy.savez`` archive, which other programs can read too: ``description``, a line of JSON
with the layers and the loss in order, and ``parameter_0``, ``parameter_1``, … in the order of
``network.parameters``.
"""

import io
import json
from os import PathLike
from pathlib import Path

import numpy as np

from mlkit.activations import ACTIVATIONS
from mlkit.layers import Activation, Dense
from mlkit.losses import LOSSES

FORMAT = "mlkit network 1"


def save_network(network, path):
    """Write a network to the file ``path``.

    Raises
    ------
    ValueError
        When a layer, an activation or the loss is not one of ``mlkit``: only names are stored. An older
        file of that name is then as it was.
    """
    if LOSSES.get(network.loss.name) is not network.loss:
        raise ValueError(f"network must have a loss from LOSSES to be saved, got {network.loss!r}")
    layers = [_describe(layer) for layer in network.layers]
    description = json.dumps({"format": FORMAT, "loss": network.loss.name, "layers": layers})
    arrays = {f"parameter_{i}": array for i, array in enumerate(network.parameters)}
    buffer = io.BytesIO()  # all of it in memory first: a failure so far has touched no file
    np.savez(buffer, description=description, **arrays)
    Path(path).write_bytes(buffer.getvalue())


def read_saved(path, build):
    """Return ``build(layers, loss)`` with what is in the file ``path``.

    Raises
    ------
    ValueError
        When the file is damaged, or is not of this format. A missing file is a ``FileNotFoundError``.
    """
    if not isinstance(path, str | PathLike):  # open(1) would read, and close, the standard output
        raise ValueError(f"path must name a file, got {path!r}")
    with open(path, "rb") as file:
        try:
            return build(*_read(file))
        except Exception as error:  # a foreign file fails in whatever way it likes
            raise ValueError(f"{path} must be a file written by Network.save, undamaged: {error!r}") from error


def _describe(layer):
    if type(layer) is Dense:
        return {"kind": "dense"}
    function = layer.function if type(layer) is Activation else None
    known = ACTIVATIONS.get(getattr(function, "name", None))
    if known is None or function not in (known, known.parameter and known.with_parameter(function.value)):
        raise ValueError(f"network must be made of Dense and named Activation layers to be saved, got {layer!r}")
    return {"kind": "activation", "name": function.name, "value": function.value}


def _read(file):
    with np.load(file, allow_pickle=False) as archive:
        description = json.loads(str(archive["description"]))
        if description["format"] != FORMAT:
            raise ValueError(f"format {description['format']!r} is not {FORMAT!r}")
        arrays = [archive[f"parameter_{i}"] for i in range(len(archive.files) - 1)]
    parameters = iter(arrays)
    layers = [_build(entry, parameters) for entry in description["layers"]]
    if next(parameters, None) is not None:
        raise ValueError("it holds more parameters than its layers have")
    return layers, LOSSES[description["loss"]]


def _build(entry, parameters):
    if entry["kind"] == "dense":
        return Dense.from_arrays(next(parameters), next(parameters))
    function = ACTIVATIONS[entry["name"]]
    return Activation(function if entry["value"] is None else function.with_parameter(entry["value"]))
