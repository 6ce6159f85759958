"""Forward-Forward machines as simulated Verilog, beside their golden model."""

from typing import Any

import numpy as np

from hwgen.emit.verilog import emit_verilog
from hwgen.ff.config import FFConfig
from hwgen.ff.core import FFCore
from hwgen.ff.driver import FFDriver
from hwgen.ff.weights import FFWeights
from sim.backends.rtl import RtlTransport
from sim.golden.ff import FFModel

TINY: dict[str, dict[str, Any]] = {
    # Layers of unequal size, so that beats of zeros follow; more groups than one; not a beat a clock.
    "hinge": {"layers": [12, 6, 12], "lanes": 2, "unit_lanes": 2, "bias": 5, "readout": "hinge", "classes": 2},
    "softmax": {"layers": [8, 2, 4], "lanes": 2, "unit_lanes": 1, "bias": [40, 0], "readout": "softmax", "classes": 3},
    "views": {"layers": [12, 4], "lanes": 4, "unit_lanes": 2, "image_width": 4, "view_shift": 2, "classes": 3},
    "inference": {"layers": [6, 2], "lanes": 1, "learning": False, "classes": 2, "input_bits": 1},
}


def tiny_config(name: str) -> FFConfig:
    """The parameters of ``TINY[name]``: sums of all sizes, steps that move weights to the ends of their range."""
    values: dict[str, Any] = {"rule": "contrastive", "pixel_bits": 4, "activation_shift": 5, "rms": 40}
    if TINY[name].get("learning", True):
        values |= {"thresholds": [20000, 12000], "goodness_shift": 11, "update_shift": 12, "readout_update_shift": 9}
    return FFConfig.parse(values | {"stream_bits": 16, "seed": 77} | TINY[name])


def open_machine(config: FFConfig, weights: FFWeights | None = None) -> FFDriver:
    """The machine's driver on its simulated Verilog, which holds ``weights`` if there are any."""
    verilog = emit_verilog(FFCore(config, weights), "machine")
    transport = RtlTransport(verilog.text, "machine", verilog.ports["x_payload"], verilog.ports["y_payload"])
    return FFDriver(transport, config)


def run_in_parts(model: FFModel, samples: Any, labels: Any, learn: Any) -> tuple[Any, Any]:
    """Predictions and goodness of the model, which forgets the sample before, as the machine does, after each sample
    that is only inferred."""
    ends = sorted({*(np.flatnonzero(~learn) + 1).tolist(), len(learn)})
    results = [
        model.run(samples[begin:end], labels[begin:end], learn[begin:end])
        for begin, end in zip([0, *ends], ends, strict=False)
    ]
    predictions = np.concatenate([result.predictions for result in results])
    return predictions, np.concatenate([result.goodness for result in results])
