"""Clocks of a synapse word's way and of a sum over the lanes. Plain data: imports no HDL, so that cycle models say the
same as the RTL."""

LIST_STAGES = 2
"""Clocks from the address of a list entry to the entry."""

REQUEST_STAGES = LIST_STAGES + 1
"""Clocks from issuing an entry to asking for its synapse word: the list, and the register behind the addition of the
base."""

MERGE_STAGES = 1
"""Clocks by which a sweep over the union of two lists asks for its first word later than one over a list: a register
behind the lists, whose heads are compared."""

MEMORY_STAGES = 3
"""Clocks from asking for a synapse word to the word: the registers that take the address to each region, the memory,
and the register behind it."""

WORD_STAGES = REQUEST_STAGES + MEMORY_STAGES
"""Clocks from issuing an entry to the synapse word that it selects."""


def turnaround(latency: int) -> int:
    """Clocks from the last one of a sweep whose words are written, ``latency`` clocks after they were used, to the
    first one in which another sweep over any of these words may be started. A word may be asked for while it is
    written: it is read a clock later."""
    return MEMORY_STAGES + latency - 1


def tree_depth(lanes: int, levels: int) -> int:
    """Clocks from the lanes to their sum, with ``levels`` levels of two-input adders in each."""
    return max(1, -(-(lanes - 1).bit_length() // levels))
