"""What every core's driver can do: named register access over a transport, and the check that the hardware fits."""

from collections.abc import Iterable

import numpy as np

from hwgen.bus.common import IDENTITY_MAGIC
from hwgen.bus.map import WORD_BYTES, Register, RegisterMap
from hwgen.closing import Closing
from hwgen.errors import HardwareMismatch
from hwgen.transport import Transport


class CoreDriver(Closing):
    """Register-level driver of one core; the transport decides whether it is a simulation or a board.

    Args:
        transport: the way to the hardware; the driver closes it.
        register_map: the core's map.
        number: the core number that the hardware must state.
        config_hash: the config hash that the hardware must state.

    Raises :class:`~hwgen.errors.HardwareMismatch` when the hardware is another core or was built from another config.
    """

    def __init__(self, transport: Transport, register_map: RegisterMap, number: int, config_hash: int) -> None:
        self.transport = transport
        self.map = register_map
        try:
            self._check_identity(number, config_hash)
        except BaseException:
            transport.close()
            raise

    def _check_identity(self, number: int, config_hash: int) -> None:
        identity = self.read_register("identity")
        if identity >> 16 != IDENTITY_MAGIC:
            raise HardwareMismatch(
                f"the hardware's identity register reads 0x{identity:08x}; hwgen's begins with 0x{IDENTITY_MAGIC:04x}"
            )
        if identity & 0xFFFF != number:
            raise HardwareMismatch(f"the hardware is core number {identity & 0xFFFF}, the design's is {number}")
        found = self.read_register("config_hash")
        if found != config_hash:
            raise HardwareMismatch(
                f"the hardware was built from config {found:016x}, the design's is {config_hash:016x}; "
                "generate and build the design again"
            )

    def check_content(self, content_hash: int) -> None:
        """Raise :class:`~hwgen.errors.HardwareMismatch` unless the memories were emitted with this content.

        What has been loaded since does not show in the hash, on either side.
        """
        found = self.read_register("content_hash")
        if found != content_hash:
            raise HardwareMismatch(
                f"the hardware's memories were emitted with content {found:016x}, the design's have "
                f"{content_hash:016x}; generate and build the design again"
            )

    def read_register(self, name: str) -> int:
        """The register's value, all its words."""
        base = self.map.base(name)
        addresses = np.arange(self.map.register(name).words, dtype=np.uint32) * WORD_BYTES + base
        words = self.transport.read(addresses.astype(np.uint32))
        return sum(int(word) << 32 * index for index, word in enumerate(words))

    def write_register(self, name: str, value: int) -> None:
        """Write a one-word register."""
        self.transport.write(np.array([self.map.base(name)], np.uint32), np.array([value], np.uint32))

    def strobe(self, *fields: str) -> None:
        """Raise fields of ``control`` for one clock."""
        self.write_register("control", _mask(self.map.register("control"), fields))

    def status(self, field: str) -> bool:
        """Whether a one-bit field of ``status`` is 1."""
        return bool(self.read_register("status") & _mask(self.map.register("status"), [field]))

    def statistics(self) -> dict[str, int]:
        """The counters of what the core has done, by name; a core may have more of them than ``samples``."""
        return {"samples": self.read_register("samples")}

    def errors(self) -> frozenset[str]:
        """Names of the sticky errors since the last :meth:`clear_errors` or :meth:`soft_reset`."""
        return self._flags("errors")

    def clear_errors(self) -> None:
        """Clear the sticky errors."""
        register = self.map.register("errors")
        self.write_register("errors", _mask(register, [field.name for field in register.fields]))

    def enable_interrupts(self, *sources: str) -> None:
        """Let these sources, and no others, raise ``irq``: some of ``error``, ``result`` and ``idle``.

        A source that is pending already raises it at once. Raises :class:`KeyError` for any other name.
        """
        self.write_register("interrupt_mask", _mask(self.map.register("interrupt_mask"), sources))

    def pending_interrupts(self) -> frozenset[str]:
        """Names of the sources that were heard of since their last :meth:`clear_interrupts`, enabled or not."""
        return self._flags("interrupt_pending")

    def clear_interrupts(self, *sources: str) -> None:
        """Clear these sources, all without arguments; what happens meanwhile is pending again.

        Raises :class:`KeyError` for a name that is no source.
        """
        register = self.map.register("interrupt_pending")
        self.write_register(register.name, _mask(register, sources or [field.name for field in register.fields]))

    def soft_reset(self) -> None:
        """Drop what the core is working on, clear errors, counters and interrupts; memories stay."""
        self.strobe("soft_reset")

    def _flags(self, name: str) -> frozenset[str]:
        """Names of the one-bit fields of a register that are 1."""
        flags = self.read_register(name)
        register = self.map.register(name)
        return frozenset(field.name for field in register.fields if flags >> register.lsb(field) & 1)

    def close(self) -> None:
        """Give the hardware back."""
        self.transport.close()


def _mask(register: Register, names: Iterable[str]) -> int:
    return sum(1 << register.lsb(register.field(name)) for name in names)
