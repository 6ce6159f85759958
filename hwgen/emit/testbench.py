"""The self-checking Verilog test bench that goes with every emitted design."""

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from amaranth.hdl import Value
from numpy.typing import NDArray

from hwgen.bus.map import WORD_BYTES, RegisterMap
from hwgen.bus.wrappers.interfaces import Bus, Interfaces, Stream, beats_for
from hwgen.emit.surrounded import surroundings
from hwgen.emit.verilog import emit_verilog
from hwgen.templates import render


@dataclass(frozen=True)
class Vectors:
    """What the golden model says about some samples, as words on the hardware's ports."""

    x: NDArray[np.uint32]
    """Shape ``(n * x_beats, x_words)``: payloads of ``x``."""
    y: NDArray[np.uint32]
    """Shape ``(n, y_words)``: payloads of ``y``."""
    loads: NDArray[np.uint32]
    """Shape ``(m, 2)``: address and value of each bus write that comes first; 0 rows for an initialised design."""
    full_speed: int
    """Samples that come first, at full speed, before the others come under back-pressure."""
    busy_cycles: int
    """What the ``busy_cycles`` register reads after these, or where there are none, in the end."""
    patience: int
    """Clocks without a result after which the machine counts as hung."""
    held: Any = None
    """Parameters that are neither in the Verilog nor loaded: what is around the machine holds them."""


@dataclass(frozen=True)
class Model:
    """What the bench puts at pins of the core that it does not drive."""

    member: str
    """The core's member whose pins they are."""
    module: str
    """Name of the model's module."""
    ports: dict[str, int]
    """Width in bits of each pin."""
    text: str
    """The module."""

    @classmethod
    def of(cls, name: str, member: str, component: Any) -> Self:
        """The model of a component with a member ``pins``, beside a core emitted as ``name``."""
        module = f"{name}_{member}_model"
        verilog = emit_verilog(component, module)
        ports = {port.removeprefix("pins_"): width for port, width in verilog.ports.items() if port.startswith("pins_")}
        return cls(member, module, ports, verilog.text.lstrip("\n"))


def testbench_files(
    name: str, component: Any, hashes: tuple[int, int], vectors: Vectors, interfaces: Interfaces
) -> dict[str, str]:
    """File names and texts of the bench of a core emitted as ``name`` behind ``interfaces``: bench and vectors.

    ``hashes`` are those that the hardware must state: of the config, of the memories' content.
    """
    register_map = component.map
    config_hash, content_hash = hashes
    pending = register_map.register("interrupt_pending")
    models = surroundings(component, vectors.held)
    x_bits, y_bits = len(Value.cast(component.x.payload)), len(Value.cast(component.y.payload))
    bench = render(
        "hwgen.emit",
        "testbench.sv.j2",
        name=name,
        samples=len(vectors.y),
        full_speed=vectors.full_speed,
        payloads=len(vectors.x),
        loads=len(vectors.loads),
        x_bits=x_bits,
        y_bits=y_bits,
        address_bits=register_map.address_bits,
        interfaces=interfaces,
        adaptors=[
            f"bench_{kind}.sv.j2"
            for kind in (interfaces.bus, interfaces.stream)
            if kind not in (Bus.NATIVE, Stream.NATIVE)
        ],
        models=[Model.of(name, member, model) for member, model in models.items()],
        width=interfaces.stream_width,
        payloads_per_sample=component.x_beats,
        x_beats=beats_for(x_bits, interfaces.stream_width),
        y_beats=beats_for(y_bits, interfaces.stream_width),
        limit=vectors.patience,
        identity=[
            *_words(register_map, "identity", component.identity),
            *_words(register_map, "config_hash", config_hash),
            *_words(register_map, "content_hash", content_hash),
        ],
        interrupt_mask=register_map.base("interrupt_mask"),
        interrupt_pending=register_map.base("interrupt_pending"),
        interrupt_result=1 << pending.lsb(pending.field("result")),
        interrupts=(1 << pending.width) - 1,
        sample_counter=_words(register_map, "samples", len(vectors.y)),
        # Through narrower streams than its own, a core does not work at full speed.
        cycle_counter=_words(register_map, "busy_cycles", vectors.busy_cycles)
        if not vectors.full_speed or interfaces.stream == Stream.NATIVE or interfaces.stream_width >= x_bits
        else [],
    )
    files = {
        f"{name}_tb.sv": bench,
        f"{name}_x.hex": _hex(vectors.x, x_bits),
        f"{name}_y.hex": _hex(vectors.y, y_bits),
    }
    if len(vectors.loads):
        files[f"{name}_load.hex"] = _hex(vectors.loads[:, ::-1], 64)
    return files


def _words(register_map: RegisterMap, name: str, value: int) -> list[tuple[int, int]]:
    """Address and expected value of each word of a register."""
    words = register_map.register(name).words
    return [(register_map.base(name) + word * WORD_BYTES, value >> 32 * word & 0xFFFFFFFF) for word in range(words)]


def _hex(words: NDArray[np.uint32], bits: int) -> str:
    """One payload of ``bits`` bits a line, as ``$readmemh`` takes it."""
    digits = -(-bits // 4)
    return "".join("".join(f"{word:08x}" for word in row[::-1])[-digits:] + "\n" for row in words.tolist())
