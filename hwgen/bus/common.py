"""The registers that every core has, at the same addresses: who it is, what it does, what went wrong, counters."""

from hwgen.bus.map import Access, Field, Register, RegisterMap, Window

IDENTITY_MAGIC = 0x6877
"""ASCII ``hw``: the upper half of every core's identity register."""


def core_map(
    *,
    control: tuple[Field, ...] = (),
    status: tuple[Field, ...] = (),
    errors: tuple[Field, ...] = (),
    registers: tuple[Register, ...] = (),
    windows: tuple[Window, ...] = (),
) -> RegisterMap:
    """The map of a core: the common registers, extended by what only that core has.

    Args:
        control: further strobes of ``control``.
        status: further fields of ``status``.
        errors: sticky error flags; each is cleared by writing 1 to it.
        registers: registers that only this core has.
        windows: memory windows.
    """
    return RegisterMap(
        registers=(
            Register(
                "identity",
                Access.READ,
                "Tells hwgen's hardware from anything else, and one core from another.",
                (
                    Field("core", "Core number, as in the registry.", width=16),
                    Field("magic", f"Always 0x{IDENTITY_MAGIC:04x}.", width=16),
                ),
            ),
            Register(
                "config_hash",
                Access.READ,
                "Hash of the design's parameters: a driver refuses hardware built from others.",
                (Field("value", "The first 8 bytes of the SHA-256.", width=64),),
            ),
            Register(
                "control",
                Access.STROBE,
                "Commands; writing 0 to a bit does nothing.",
                (
                    Field(
                        "soft_reset",
                        "Drop the samples in flight, clear errors and counters; memories stay, and so do results that "
                        "have reached the output buffer (two at most), until they are taken on y.",
                    ),
                    *control,
                ),
            ),
            Register(
                "status",
                Access.READ,
                "What the core is doing.",
                (Field("busy", "A sample is in the core: accepted on x, its result not yet taken on y."), *status),
            ),
            Register("errors", Access.STICKY, "What went wrong since these bits were last cleared.", errors),
            Register(
                "busy_cycles",
                Access.READ,
                "Clocks spent working on samples; clocks spent waiting for x, for y or for the bus do not count.",
                (Field("value", "Cleared by soft reset.", width=64),),
            ),
            Register(
                "samples",
                Access.READ,
                "Samples accepted on x.",
                (Field("value", "Cleared by soft reset.", width=64),),
            ),
            *registers,
        ),
        windows=windows,
    )
