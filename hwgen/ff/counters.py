"""The statistics of the Forward-Forward machine: names and meanings of its counters, for registers and golden model."""

from hwgen.ff.config import FFConfig

COMMON = ("busy_cycles", "samples")
"""The counters that every core has; a soft reset clears them."""

TOTALS = {
    "inferred": "Samples that were only inferred.",
    "infer_errors": "Those of them whose prediction was not their label.",
    "trained": "Samples that were learnt from.",
    "train_errors": "Those of them whose prediction, made before learning, was not their label.",
}
PER_LAYER = {
    "goodness_positive": "Sum of the goodness of positive passes of samples that were learnt from.",
    "goodness_negative": "Sum of the goodness of negative passes.",
    "modulator_positive": "Sum of the modulators of positive passes.",
    "modulator_negative": "Sum of the modulators of negative passes.",
    "skipped": "Updates that were skipped because all modulators were 0.",
    "saturated": "Weights that an update would have moved beyond their range, counted as often as that happened.",
}
READOUT = {
    "readout_updates": "Updates of the read-out.",
    "readout_saturated": "Weights of the read-out that an update would have moved beyond their range.",
}
PHASES = {
    "pass": "Clocks of the layers' passes.",
    "learn": "Clocks in which layers learnt.",
    "list": "Clocks of waiting for the list of what a layer gives, when it has done its work.",
    "readout": "Clocks of the read-out, its learning included.",
    "decide": "Clocks of summing the goodnesses of each label, when the last layer has done its work.",
}
"""What clocks are spent on; one sample is at work at a time, and the phases follow each other."""
SUPERVISED_PHASES, CONTRASTIVE_PHASES = ("pass", "learn", "decide"), ("pass", "learn", "list", "readout")
INFERENCE = frozenset({"inferred", "infer_errors"})
"""The statistics that a machine without learning has, too."""


def counters(config: FFConfig) -> dict[str, str]:
    """The machine's counters and what they count, in their order: ``goodness_positive_0`` is of layer 0."""
    found = {name: text for name, text in TOTALS.items() if config.learning or name in INFERENCE}
    if config.learning:
        for layer in range(config.depth):
            found |= {f"{name}_{layer}": f"Layer {layer}: {text}" for name, text in PER_LAYER.items()}
        if not config.supervised:
            found |= READOUT
    return found | {f"{phase}_cycles": PHASES[phase] for phase in phases(config)}


def counter_names(config: FFConfig) -> list[str]:
    """All counters of the machine, those that every core has among them, in their order in the register map."""
    return [*COMMON, *counters(config)]


def phases(config: FFConfig) -> tuple[str, ...]:
    """The phases that the machine has and counts the clocks of."""
    known = SUPERVISED_PHASES if config.supervised else CONTRASTIVE_PHASES
    return tuple(phase for phase in known if config.learning or phase != "learn")
