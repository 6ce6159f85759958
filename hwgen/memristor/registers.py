"""Registers and windows through which a host programs an array of memristors; any core with an array has them."""

from hwgen.bus.map import Access, Field, Register, Window
from hwgen.memristor.config import SUPPLIES, ArrayConfig

UNLOCK_KEY = 0x50524F47
"""ASCII ``PROG``: what is written to ``array_key`` to unlock the array."""

WEAR_BITS = 16
"""Bits of a word's count of writes."""

ATTEMPT_BITS = 8
"""Bits of a number of attempts."""

ARRAY_ERRORS = (
    Field(
        "array_refused", "The array was not unlocked, or a command was not carried out: see array_key, array_command."
    ),
    Field("array_pulse_cut", "A pulse reached longest_pulse_ns, and was cut there."),
    Field("array_cells_failed", "A command ended with cells that read wrong."),
)
"""Sticky errors."""

COMMANDS = (
    Field("form", "Forming pulses, for both devices of each cell."),
    Field("set", "SET pulses, for one device of each cell."),
    Field("reset", "RESET pulses, for the other."),
    Field("verify", "Reads; the cells that are wrong in any are done again, as often as the config's attempts allow."),
    Field("abort", "On an unlocked array: drop what is under way; every line is at its inactive level a clock later."),
    Field("lock", "The same, and lock the array."),
)
"""Fields of ``array_command``."""


def command_bits(*names: str) -> int:
    """What is written to ``array_command``: fields by name, each once."""
    known = [field.name for field in COMMANDS]
    return sum(1 << known.index(name) for name in names)


def array_registers(config: ArrayConfig) -> tuple[Register, ...]:
    """The registers, in the order of their use."""
    geometry, clocks = config.geometry, config.programming_clocks
    place = tuple(
        Field(field.name, f"0 to {field.size - 1}.", width=field.bits)
        for field in reversed(geometry.fields)
        if field.bits
    )
    return (
        Register(
            "array_key",
            Access.STROBE,
            "Unlocks the array for programming; refused while it is used for a decision.",
            (Field("key", f"0x{UNLOCK_KEY:08x}; anything else is refused.", width=32),),
        ),
        Register(
            "array_place",
            Access.READ_WRITE,
            "The word that the next command is for.",
            place or (Field("unused", "There is one word.", width=1),),
        ),
        Register(
            "array_target",
            Access.READ_WRITE,
            "What the word is to hold.",
            (Field("value", "Bit n is that of the word's n-th cell.", width=geometry.word_bits),),
        ),
        *(
            Register(
                f"{supply}_clocks",
                Access.READ_WRITE,
                f"Clocks of a {name} pulse.",
                (
                    Field(
                        "value",
                        f"1 to {clocks.longest_pulse}; longer pulses are cut.",
                        width=clocks.length_bits,
                        reset=length,
                    ),
                ),
            )
            for supply, name, length in zip(SUPPLIES, ("forming", "SET", "RESET"), clocks.lengths, strict=True)
        ),
        Register(
            "array_command",
            Access.STROBE,
            "Begins a command on an unlocked array, in the order of the first four bits; refused while one is under "
            "way, together with abort or lock, and for a word that there is not.",
            COMMANDS,
        ),
        Register(
            "array_state",
            Access.READ,
            "What the programming is doing.",
            (Field("unlocked", "The array is unlocked."), Field("active", "A command is under way.")),
        ),
        Register(
            "array_word",
            Access.READ,
            "The word as the last command read it last.",
            (Field("value", "0 if it read nothing.", width=geometry.word_bits),),
        ),
        Register(
            "array_wrong",
            Access.READ,
            f"Cells that were wrong in any of the {config.verify_reads} reads of its last attempt.",
            (Field("cells", "Bit n is the word's n-th cell.", width=geometry.word_bits),),
        ),
        Register(
            "array_unstable",
            Access.READ,
            "Cells that did not read alike in all of these reads.",
            (Field("cells", "Bit n is the word's n-th cell.", width=geometry.word_bits),),
        ),
    )


def array_windows(config: ArrayConfig) -> tuple[Window, ...]:
    """The windows."""
    geometry = config.geometry
    indices = tuple(field.name for field in geometry.fields)
    shape = tuple(field.size for field in geometry.fields)
    return (
        Window(
            "array_attempts",
            "In how many attempts of the last command each cell of its word got pulses. Read only.",
            width=ATTEMPT_BITS,
            indices=("cell",),
            shape=(geometry.word_bits,),
        ),
        Window(
            "failed_cells",
            "Cells that are not known to hold what was last written: those wrong at the end of the word's last command "
            "that verified, and all of a word whose last command did not come to that; after power-on, all there are. "
            "Read only.",
            width=geometry.word_bits,
            indices=indices,
            shape=shape,
        ),
        Window(
            "wear",
            "Attempts in which the word got pulses, up to the largest value; lost without power. Writing is possible "
            "while no command is under way.",
            width=WEAR_BITS,
            indices=indices,
            shape=shape,
        ),
    )
