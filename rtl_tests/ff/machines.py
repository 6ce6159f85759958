"""Forward-Forward machines as simulated Verilog, beside their golden model."""

from typing import Any

from hwgen import registry
from hwgen.design import Design
from hwgen.emit.verilog import emit_verilog
from hwgen.ff.config import FFConfig
from hwgen.ff.core import FFCore
from hwgen.ff.driver import FFDriver
from hwgen.ff.weights import FFWeights
from sim.backends.rtl import RtlTransport

TINY: dict[str, dict[str, Any]] = {
    # Layers of unequal size, so that beats of zeros follow; more groups than one; not a beat a clock.
    "hinge": {"layers": [12, 6, 12], "lanes": 2, "unit_lanes": 2, "bias": 5, "readout": "hinge", "classes": 2},
    "softmax": {"layers": [8, 2, 4], "lanes": 2, "unit_lanes": 1, "bias": [40, 0], "readout": "softmax", "classes": 3},
    "views": {"layers": [12, 4], "lanes": 4, "unit_lanes": 2, "image_width": 4, "view_shift": 2, "classes": 3},
    # Three layers that learn.
    "deep": {"layers": [12, 8, 8, 8], "lanes": 2, "unit_lanes": 2, "bias": 5, "classes": 2},
    # Lists that are merged, with a bias and without; layers of unequal rows, and update shifts that differ.
    "union": {
        "layers": [12, 6, 12],
        "lanes": 2,
        "unit_lanes": 2,
        "bias": [5, 0],
        "update_shift": [12, 14],
        "classes": 2,
        "learning_sweeps": "union",
    },
    "inference": {"layers": [6, 2], "lanes": 1, "learning": False, "classes": 2, "input_bits": 1},
    # Steps of several transfers, the last of which is not full; of less than one, and not a power of two.
    "recurrent": {
        "layers": [6, 8],
        "lanes": 4,
        "unit_lanes": 2,
        "bias": 5,
        "recurrent": True,
        "steps": 3,
        "classes": 3,
    },
    "sequences": {
        "layers": [3, 4],
        "lanes": 4,
        "unit_lanes": 4,
        "bias": 0,
        "recurrent": True,
        "steps": 5,
        "classes": 2,
    },
    "remembering": {"layers": [4, 4], "lanes": 2, "learning": False, "recurrent": True, "steps": 2, "classes": 2},
}

SUPERVISED: dict[str, dict[str, Any]] = {
    # As above; a layer in the middle that is smaller than those around it; one layer; labels alone.
    "pairwise": {"layers": [12, 6, 12], "lanes": 2, "unit_lanes": 2, "bias": 5, "classes": 5},
    "thresholds": {
        "layers": [8, 4, 2, 4],
        "lanes": 2,
        "unit_lanes": 1,
        "bias": [40, 0, 5],
        "candidates": 2,
        "classes": 3,
        "modulator": "thresholds",
        "thresholds": [20000, 12000],
    },
    # Upper layers whose lists are merged.
    "merged": {
        "layers": [8, 6, 12],
        "lanes": 2,
        "unit_lanes": 1,
        "bias": [0, 5],
        "classes": 3,
        "modulator": "thresholds",
        "thresholds": [20000, 12000],
        "learning_sweeps": "union",
    },
    "one-layer": {"layers": [6, 8], "lanes": 4, "unit_lanes": 4, "bias": 0, "candidates": 1, "classes": 2},
    "labels": {"layers": [6, 4, 2], "lanes": 1, "learning": False, "classes": 6, "input_bits": 1},
}


def tiny_config(name: str) -> FFConfig:
    """The parameters of ``TINY[name]``, as :func:`contrastive_config` completes them."""
    return contrastive_config(TINY[name])


def contrastive_config(given: dict[str, Any]) -> FFConfig:
    """Parameters to go with those that are given: sums of all sizes, steps that move weights to the ends of their
    range."""
    values: dict[str, Any] = {"rule": "contrastive", "pixel_bits": 4, "activation_shift": 5, "rms": 40}
    if given.get("learning", True):
        values |= {"thresholds": [20000, 12000], "goodness_shift": 11, "update_shift": 12, "readout_update_shift": 9}
    return FFConfig.parse(values | {"stream_bits": 16, "seed": 77} | given)


def supervised_config(given: dict[str, Any]) -> FFConfig:
    """The same for a supervised machine."""
    values: dict[str, Any] = {"pixel_bits": 4, "activation_shift": 5, "rms": 40}
    if given.get("learning", True):
        values |= {"goodness_shift": 11, "update_shift": 12}
    return FFConfig.parse(values | {"stream_bits": 16, "seed": 77} | given)


def tiny(name: str = "dut", **values: Any) -> Design:
    """A supervised machine of one layer, or a contrastive one, that compiles within seconds; ``values`` are added to
    its parameters."""
    given = {"layers": [6, 4], "lanes": 2, "classes": 3, "stream_bits": 8} | values
    complete = contrastive_config if values.get("rule") == "contrastive" else supervised_config
    return Design(name, registry.CORES["ff"], complete(given))


def open_machine(
    config: FFConfig, weights: FFWeights | None = None, transport: type[RtlTransport] = RtlTransport
) -> FFDriver:
    """The machine's driver on its simulated Verilog, which holds ``weights`` if there are any."""
    verilog = emit_verilog(FFCore(config, weights), "machine")
    return FFDriver(transport(verilog.text, "machine", verilog.ports["x_payload"], verilog.ports["y_payload"]), config)
