"""Whole-epoch identity: the emitted Verilog and the golden model learn from the same images, and are compared."""

import datetime
import hashlib
import json
import logging
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from hwgen import registry
from hwgen.cache import build_once, cache_dir
from hwgen.design import Design
from hwgen.ep.config import EPConfig
from hwgen.ep.weights import EPWeights
from sim.backends.verilator import verilator_version
from sim.experiments import trainings
from sim.images import Images, load_images
from sim.stream import CHUNK, Order, TrainingStream
from sim.trainer import open_machine

log = logging.getLogger("hwgen")


@dataclass(frozen=True)
class Identity:
    """RTL and golden model after one epoch of training on all images, in the order of the file."""

    data: str
    layers: list[int]
    machine: str
    """How it is built: see :class:`~sim.experiments.ep_clocks.Variant`."""
    samples: int
    results: int
    """Samples whose results differ in any bit."""
    synapses: int
    """Synapses that differ in sign or counter at the end, of :attr:`compared`, and the state of the generator."""
    compared: int
    golden: dict[str, int]
    """Sums over the epoch, by what they are of: errors, flips, and clocks from the first transfer to the last result,
    chunk by chunk."""
    rtl: dict[str, int]
    date: str
    """When it was found, as YYYY-MM-DD."""
    simulator: str

    @property
    def differences(self) -> int:
        """Of results, synapses and sums together."""
        return self.results + self.synapses + sum(self.golden[name] != self.rtl[name] for name in self.golden)


def kept(config: EPConfig, machine: str, data: str) -> Identity:
    """:func:`compare`, its outcome kept in the cache under the Verilog, the golden model's code and the data.

    Args:
        config: of the machine.
        machine: how it is built, in words.
        data: see :func:`sim.images.load_images`.
    """
    design = Design("ep_identity", registry.CORES["ep"], config)
    images = load_images(data).train
    verilog = hashlib.sha256(design.verilog().text.encode()).hexdigest()
    own = hashlib.sha256(Path(__file__).read_bytes()).hexdigest()
    what = json.dumps([config.parameters(), images.digest(), verilog, trainings.version_of("ep"), own], sort_keys=True)
    folder = cache_dir() / "experiments" / f"ep-identity-{hashlib.sha256(what.encode()).hexdigest()[:24]}"

    def build(aside: Path) -> None:
        found = compare(design, machine, images)
        (aside / "identity.json").write_text(json.dumps(asdict(found)), encoding="utf-8")

    return Identity(**json.loads((build_once(folder, build) / "identity.json").read_text(encoding="utf-8")))


def compare(design: Design, machine: str, images: Images) -> Identity:
    """Train both and compare every result, every synapse and the sums. Verilator compiles the machine first: some three
    minutes for 784-512-10, and 60,000 samples take another five."""
    config: Any = design.config
    stream = TrainingStream(config, images, order=Order.FILE)
    log.info("comparing RTL and golden model of %s over an epoch of %s", config.layers, images.name)
    golden, rtl = (open_machine(design, backend) for backend in ("golden", "rtl"))
    sums: list[dict[str, int]] = [dict.fromkeys(("errors", "flips", "clocks"), 0) for _ in range(2)]
    results = 0
    try:
        for start in range(0, len(stream), CHUNK):
            samples, labels = stream.chunk(0, start)
            expected, found = golden.train(samples, labels), rtl.train(samples, labels)
            results += int(found.differences(expected).sum())
            for so_far, result in zip(sums, (expected, found), strict=True):
                so_far["errors"] += int((result.decisions != labels).sum())
                so_far["flips"] += int(result.flips.sum())
                so_far["clocks"] += result.elapsed_cycles
        mine, yours = golden.dump(), rtl.dump()
    finally:
        golden.close()
        rtl.close()
    return Identity(
        data=images.name,
        layers=list(config.layers),
        machine=machine,
        samples=len(stream),
        results=results,
        synapses=_different(mine, yours),
        compared=config.synapses,
        golden=sums[0],
        rtl=sums[1],
        date=datetime.datetime.now(tz=datetime.UTC).date().isoformat(),
        simulator=f"Verilator {verilator_version()}",
    )


def _different(mine: EPWeights, yours: EPWeights) -> int:
    """Synapses of which sign or counter differ; one more if the state of the generator of nudge signs does."""
    layers = zip(mine.signs, yours.signs, mine.agreements, yours.agreements, strict=True)
    synapses = sum(int(np.sum((sign != other) | (count != others))) for sign, other, count, others in layers)
    return synapses + (mine.random != yours.random)
