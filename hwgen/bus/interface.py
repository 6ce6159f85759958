"""The 32-bit register bus that every core speaks, and the port of a memory window."""

from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out


class BusSignature(wiring.Signature):
    """Register bus, seen from the host.

    The host raises ``valid`` with ``write``, ``address`` (bytes) and ``wdata``, and holds all four until a clock in
    which ``ready`` is 1. In that clock ``rdata`` (for a read) and ``error`` are valid, and the access is over. An
    access that ends with ``error`` changed nothing. One access at a time; a core always answers.
    """

    def __init__(self) -> None:
        super().__init__(
            {
                "valid": Out(1),
                "write": Out(1),
                "address": Out(32),
                "wdata": Out(32),
                "ready": In(1),
                "rdata": In(32),
                "error": In(1),
            }
        )


class WindowSignature(wiring.Signature):
    """A memory window, seen from the register bank: the register bus with a word index in place of the address.

    Args:
        index_bits: width of the word index.
        width: width of one element in bits.
    """

    def __init__(self, index_bits: int, width: int) -> None:
        super().__init__(
            {
                "valid": Out(1),
                "write": Out(1),
                "index": Out(index_bits),
                "wdata": Out(width),
                "ready": In(1),
                "rdata": In(width),
                "error": In(1),
            }
        )
