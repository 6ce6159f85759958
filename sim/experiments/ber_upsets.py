"""Single-event upsets: one bit of the emitted Verilog's state is inverted while it decides; its results are watched.

The state is all of it: every flip-flop and every bit of memory that the Verilog has, sorted by what it is for.
"""

import hashlib
import json
import logging
import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from hwgen import registry
from hwgen.bayes.quantise import Mode
from hwgen.cache import build_once, cache_dir
from hwgen.design import Design
from hwgen.emit.verilog import Verilog
from sim.backends.native import UPSET_HARNESS
from sim.backends.upsets import Register, registers
from sim.experiments import ber
from sim.experiments.ber import Machine, Part
from sim.experiments.ber_target import Effect, Target

log = logging.getLogger("hwgen")

TASKS = ("wine", "digits, 8 pixels")
MODES: tuple[Mode, ...] = ("stochastic", "logarithmic")

KINDS = {
    "likelihood memory": r"memory\.column_\d+",
    "words read": r"memory\.(_\d+_|words__words__\d+)|engine\.word_\d+",
    "addresses of the words": r"memory\.(held|offered)_address_\d+",
    "random numbers (LFSR)": r"engine\.generators\..+",
    "random bits": r"engine\.(selected|enabled|bits)",
    "row counters": r"engine\.counts",
    "row sums": r"engine\.row_\d+\..+",
    "comparison and results": r"decide\.(best\..+|beside\.value_\d+)|result\.(o__payload|spare)",
    "sequence of decisions": r"engine\.(slot|running|to_\w+|i|i_valid|beside\..+)|decide\.beside\.valid_\d+"
    r"|memory\.(held|held_invalid|offered|words__invalid)|result\.(o__valid|spare_full)|loaded|soft_reset",
    "bus and registers": r"(bank|interrupts|(samples|busy_cycles)(\$\d+)?)\..+"
    r"|memory\.(bus_state|bus_address_\d+|paused|exists|gathered|picked_\d+|element|write_port__data)",
}
"""Kinds of state, and the paths of their registers."""


@dataclass(frozen=True)
class Struck:
    """What upsets in one kind of a machine's state did."""

    task: str
    mode: Mode
    kind: str
    bits: int
    """Of this kind."""
    samples: int
    """Of a pass."""
    right: int
    """Of them, those that the undisturbed machine decides rightly."""
    effects: list[Effect]


def kept(task: str, mode: Mode, upsets: int) -> list[Struck]:
    """:func:`strike`, its outcome kept in the cache under the Verilog and the code."""
    part = ber.prepare(task, 0)
    design, verilog = design_of(part, mode)
    sources = [Path(__file__).with_name(name) for name in ("ber_upsets.py", "ber_target.py")]
    root = Path(__file__).resolve().parents[2]
    sources += [root / "sim/golden/bayes_upsets.py", root / "sim/backends/upsets.py", UPSET_HARNESS]
    own = hashlib.sha256(b"".join(source.read_bytes() for source in sources)).hexdigest()
    text = hashlib.sha256(verilog.text.encode()).hexdigest()
    what = json.dumps([task, mode, upsets, text, ber.version(), own])
    folder = cache_dir() / "experiments" / f"ber-upsets-{hashlib.sha256(what.encode()).hexdigest()[:24]}"

    def build(aside: Path) -> None:
        found = [asdict(struck) for struck in strike(task, part, design, verilog, upsets)]
        (aside / "upsets.json").write_text(json.dumps(found), encoding="utf-8")

    stored = json.loads((build_once(folder, build) / "upsets.json").read_text(encoding="utf-8"))
    return [Struck(**each | {"effects": [Effect(**effect) for effect in each["effects"]]}) for each in stored]


def design_of(part: Part, mode: Mode) -> tuple[Design, Verilog]:
    """The machine that is struck, its likelihoods normalised by observation, and its Verilog."""
    machine = Machine(mode, 8, "observation")
    config = machine.config(part.probabilities)
    bare = Design("ber_upsets", registry.CORES["bayes"], config)
    return Design(bare.name, bare.core, config, machine.table(part)), bare.verilog()


def kinds_of(found: list[Register]) -> dict[str, list[Register]]:
    """Registers by kind. Raises :class:`ValueError` for one of no kind: it is not known what that is for."""
    sorted_: dict[str, list[Register]] = {kind: [] for kind in KINDS}
    for register in found:
        kind = next((kind for kind, path in KINDS.items() if re.fullmatch(path, register.path)), None)
        if kind is None:
            raise ValueError(f"register {register.path} is of no kind")
        sorted_[kind].append(register)
    return {kind: held for kind, held in sorted_.items() if held}


def strike(task: str, part: Part, design: Design, verilog: Verilog, upsets: int) -> Iterator[Struck]:
    """Invert ``upsets`` bits of each kind, drawn from all its bits and from the clocks of a pass over the samples, each
    in a machine as good as new. Verilator compiles the machine first."""
    config: Any = design.config
    log.info("inverting bits of %s, %s; upsets in each kind of state: %d", task, config.mode, upsets)
    held = kinds_of(registers(verilog.text, design.name))
    with Target(design, verilog, part) as target:
        for index, (kind, members) in enumerate(held.items()):
            rng = np.random.default_rng([index, upsets])
            sizes = np.array([register.bits * register.words for register in members])
            effects = []
            for place in rng.integers(sizes.sum(), size=upsets).tolist():
                which = int(np.searchsorted(sizes.cumsum(), place, side="right"))
                register = members[which]
                word, bit = divmod(place - int(sizes[:which].sum()), register.bits)
                effects.append(target.strike(register, word, bit, int(rng.integers(target.clocks))))
            yield Struck(task, target.config.mode, kind, int(sizes.sum()), target.samples, target.right, effects)
