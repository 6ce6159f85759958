"""Identity point by point: the emitted Verilog and the golden model decide the same samples with the same errors."""

import datetime
import hashlib
import json
import logging
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from hwgen import registry
from hwgen.bayes.quantise import Mode, Normalisation
from hwgen.cache import build_once, cache_dir
from hwgen.design import Design
from sim.backends import open_golden, open_rtl
from sim.backends.verilator import verilator_version
from sim.experiments import ber
from sim.experiments.bayes import NORMALISATIONS
from sim.experiments.ber import KINDS, RATES, Kind, Machine, Part

log = logging.getLogger("hwgen")


@dataclass(frozen=True)
class Point:
    """Both with one rate."""

    normalisation: Normalisation
    kind: Kind
    rate: float
    golden: float
    """Accuracy, as a fraction."""
    rtl: float
    different: int
    """Samples whose results differ in any bit: decision, tie, scores, cycles."""
    clocks: int
    """Difference of the clocks of all samples together."""


@dataclass(frozen=True)
class Identity:
    """Golden model and RTL of one size, on the first test samples of split 0, with the first errors of the sweep."""

    task: str
    mode: Mode
    bits: int
    samples: int
    points: list[Point]
    date: str
    """When it was found, as YYYY-MM-DD."""
    simulator: str

    @property
    def size(self) -> str:
        """Mode and width."""
        return Machine(self.mode, self.bits, "none").size

    @property
    def differences(self) -> int:
        """Results that differ, and points whose clocks do."""
        return sum(point.different + (point.clocks != 0) for point in self.points)


def kept(task: str, mode: Mode, bits: int, samples: int) -> Identity:
    """:func:`compare`, its outcome kept in the cache under the Verilog, the golden model's code and the data.

    Args:
        task: one of :data:`sim.experiments.bayes.TASKS`.
        mode, bits: one of :data:`sim.experiments.ber.SIZES`.
        samples: how many to decide at each point; all where there are fewer.
    """
    part = ber.prepare(task, 0)
    design = design_of(part, mode, bits)
    verilog = hashlib.sha256(design.verilog().text.encode()).hexdigest()
    own = hashlib.sha256(Path(__file__).read_bytes()).hexdigest()
    what = json.dumps([task, mode, bits, samples, verilog, ber.version(), own])
    folder = cache_dir() / "experiments" / f"ber-identity-{hashlib.sha256(what.encode()).hexdigest()[:24]}"

    def build(aside: Path) -> None:
        found = asdict(compare(task, part, design, samples))
        (aside / "identity.json").write_text(json.dumps(found), encoding="utf-8")

    stored = json.loads((build_once(folder, build) / "identity.json").read_text(encoding="utf-8"))
    return Identity(**stored | {"points": [Point(**point) for point in stored["points"]]})


def design_of(part: Part, mode: Mode, bits: int) -> Design:
    """The machine of every normalisation: likelihoods are loaded."""
    config = Machine(mode, bits, "none").config(part.probabilities, memory="emulated")
    return Design("ber_identity", registry.CORES["bayes"], config)


def compare(task: str, part: Part, design: Design, samples: int) -> Identity:
    """Decide with both and compare every result and the clocks. Verilator compiles the machine first."""
    config: Any = design.config
    chosen = part.samples[:samples]
    size = Machine(config.mode, config.likelihood_bits, "none").size
    log.info("comparing RTL and golden model on %s, %s; samples a point: %d", task, size, len(chosen))
    golden, rtl = open_golden(design), open_rtl(design)
    points = []
    try:
        for normalisation in NORMALISATIONS:
            table = Machine(config.mode, config.likelihood_bits, normalisation).table(part)
            golden.load(table)
            rtl.load(table)
            for kind in KINDS:
                for rate in RATES:
                    for machine in (golden, rtl):
                        machine.set_errors(rate, kind, ber.seeds(part, 0)[0])
                    expected, found = golden.infer(chosen), rtl.infer(chosen)
                    point = Point(
                        normalisation,
                        kind,
                        rate,
                        golden=part.accuracy(expected.decisions),
                        rtl=part.accuracy(found.decisions),
                        different=int(found.differences(expected).sum()),
                        clocks=found.elapsed_cycles - expected.elapsed_cycles,
                    )
                    points.append(point)
    finally:
        golden.close()
        rtl.close()
    return Identity(
        task=task,
        mode=config.mode,
        bits=config.likelihood_bits,
        samples=len(chosen),
        points=points,
        date=datetime.datetime.now(tz=datetime.UTC).date().isoformat(),
        simulator=f"Verilator {verilator_version()}",
    )
