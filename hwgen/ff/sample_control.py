"""What takes a sample through its layers, whatever the machine's rule."""

from typing import Any

from amaranth.lib.wiring import In, Out

from hwgen.ff.config import FFConfig
from hwgen.ff.lists import list_layout
from hwgen.ff.plan import sample_lists
from hwgen.ff.signature import trailer_layout
from hwgen.ff.unit_format import ANNEALING_BITS


def control_members(config: FFConfig) -> dict[str, Any]:
    """The members that the controls of all machines have; :class:`~hwgen.ff.control.Control` and
    :class:`~hwgen.ff.supervised_control.SupervisedControl` say what they mean."""
    members: dict[str, Any] = {
        "list_ready": In(1),
        "list": In(list_layout(sample_lists(config), config.layers[0])),
        "trailer": In(trailer_layout(config)),
        "claim": Out(1),
        "release": Out(1),
        "layer_start": Out(1),
        "layer": Out(range(config.depth)),
        "layer_done": In(1),
        "sample": Out(trailer_layout(config)),
        "result_valid": Out(1),
        "result_ready": In(1),
        "idle": Out(1),
    }
    if config.learning:
        members |= {
            "learn": Out(1),
            "annealing": Out(ANNEALING_BITS),
            "learns": In(config.engines),
            "annealing_next": In(ANNEALING_BITS),
            "learning": Out(1),
            "learnt": Out(1),
            "draw": Out(1),
        }
    return members
