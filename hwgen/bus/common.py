"""The registers that every core has, at the same addresses: who it is, what it does, what went wrong, counters."""

from hwgen.bus.map import Access, Field, Register, RegisterMap, Window

IDENTITY_MAGIC = 0x6877
"""ASCII ``hw``: the upper half of every core's identity register."""

INTERRUPT_SOURCES = (
    Field("error", "A bit of errors rose: it was 0, or was just being cleared, and the hardware set it."),
    Field("result", "A result came up on y: the first one, or the next after a transfer."),
    Field("idle", "status.busy fell from 1 to 0, other than by a soft reset."),
)
"""What every core's ``irq`` can announce: a bit each of ``interrupt_mask`` and ``interrupt_pending``."""


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
                constant=True,
            ),
            Register(
                "config_hash",
                Access.READ,
                "Hash of the design's parameters: a driver refuses hardware built from others.",
                (Field("value", "The first 8 bytes of the SHA-256.", width=64),),
                constant=True,
            ),
            Register(
                "content_hash",
                Access.READ,
                "Hash of the memories' content that the Verilog was emitted with, whatever has been loaded since: a "
                "driver refuses hardware that was emitted with another.",
                (Field("value", "The first 8 bytes of the SHA-256; 0: emitted without content.", width=64),),
                constant=True,
            ),
            Register(
                "control",
                Access.STROBE,
                "Commands; writing 0 to a bit does nothing.",
                (
                    Field(
                        "soft_reset",
                        "Drop the samples in flight, clear errors, counters, interrupt mask and pending interrupts; "
                        "memories stay, and so do results that have reached the output buffer (two at most), until "
                        "they are taken on y.",
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
                "interrupt_mask",
                Access.READ_WRITE,
                "1: irq is 1 while the source is pending. Cleared by soft reset.",
                INTERRUPT_SOURCES,
            ),
            Register(
                "interrupt_pending",
                Access.STICKY,
                "What happened since these bits were last cleared, masked or not. Cleared by soft reset; a result that "
                "it leaves on y is announced again.",
                INTERRUPT_SOURCES,
            ),
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
