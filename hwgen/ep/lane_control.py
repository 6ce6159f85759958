"""What all lanes of the equilibrium-propagation machine are told."""

from amaranth.lib import data

from hwgen.ep.config import EPConfig


def lane_control(config: EPConfig) -> data.StructLayout:
    """What all lanes are told, each field at the clock at which it acts.

    With the synapse word: ``accumulate`` adds the synapse's sign times ``value`` to the drive, ``clear`` (with it)
    begins a new sum; ``learn`` moves the counter by ``up`` times the neuron's activity now less ``down`` times the one
    kept, or by the opposite with ``invert``; ``fill`` replaces the synapse by the sign in the chain and a counter of 0.

    Of the relaxation: ``load`` takes the next slot's state, ``begin`` (with it) that of the start of a free phase;
    ``row`` takes a row's sign into the lane, and a clock later ``pull`` adds it to the feedback; ``pull`` comes with
    ``load`` too. ``update`` (with ``load``) makes a step, and ``keep`` (with it) keeps the activity that it leads to;
    ``move``, where there is one slot, comes with ``update`` and ``begin``.

    ``layer``: hidden layer of the neurons held; ``next_layer``: of those that ``load`` takes; ``upward``: number of
    the weight layer that ``learn`` changes; ``shift``: the sign chain moves on; ``count``: a clock later, the
    sum over the lanes is of activities that differ from those kept.
    """
    layers = range(len(config.hidden))
    members: dict[str, data.ShapeLike] = {
        "accumulate": 1,
        "clear": 1,
        "load": 1,
        "begin": 1,
        "update": 1,
        "layer": layers,
        "next_layer": layers,
        "fill": 1,
        "shift": 1,
    }
    if config.hidden == (config.lanes,):
        members["move"] = 1
    if config.relaxation == "serial":
        members |= {"row": 1, "pull": 1}
    if config.input_bits > 1:
        members["value"] = config.input_bits
    if config.learning:
        members |= {
            "keep": 1,
            "learn": 1,
            "up": 1,
            "down": 1,
            "invert": 1,
            "upward": range(config.weight_layers),
            "count": 1,
        }
    return data.StructLayout(members)
