"""Identity over a long training: the emitted Verilog and the golden model learn from the same images, and are
compared."""

import datetime
import hashlib
import json
import logging
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from hwgen import registry
from hwgen.cache import build_once, cache_dir
from hwgen.design import Design
from hwgen.ff.config import FFConfig
from hwgen.ff.weights import FFWeights
from sim.backends.verilator import verilator_version
from sim.experiments import trainings
from sim.images import Images, load_images
from sim.stream import CHUNK, Order, TrainingStream
from sim.trainer import open_machine

log = logging.getLogger("hwgen")


@dataclass(frozen=True)
class Identity:
    """RTL and golden model after training on images, in the order of the file."""

    data: str
    rule: str
    layers: list[int]
    lanes: int
    samples: int
    results: int
    """Samples whose results differ in any bit."""
    weights: int
    """Weights, those of the read-out and states of generators included, that differ at the end, of :attr:`compared`."""
    compared: int
    golden: dict[str, int]
    """All statistics at the end, and ``clocks`` from the first transfer to the last result, chunk by chunk."""
    rtl: dict[str, int]
    date: str
    """When it was found, as YYYY-MM-DD."""
    simulator: str

    @property
    def differences(self) -> int:
        """Of results, weights and statistics together."""
        names = self.golden.keys() | self.rtl.keys()
        return self.results + self.weights + sum(self.golden.get(name) != self.rtl.get(name) for name in names)


def kept(config: FFConfig, data: str, samples: int) -> Identity:
    """:func:`compare`, its outcome kept in the cache under the Verilog, the golden model's code and the data.

    Args:
        config: of the machine.
        data: see :func:`sim.images.load_images`.
        samples: how many to learn from, the first ones; all where there are fewer.
    """
    design = Design("ff_identity", registry.CORES["ff"], config)
    images = load_images(data).train
    images = replace(images, pixels=images.pixels[:samples], labels=images.labels[:samples])
    verilog = hashlib.sha256(design.verilog().text.encode()).hexdigest()
    own = hashlib.sha256(Path(__file__).read_bytes()).hexdigest()
    what = json.dumps([config.parameters(), images.digest(), verilog, trainings.version_of("ff"), own], sort_keys=True)
    folder = cache_dir() / "experiments" / f"ff-identity-{hashlib.sha256(what.encode()).hexdigest()[:24]}"

    def build(aside: Path) -> None:
        (aside / "identity.json").write_text(json.dumps(asdict(compare(design, images))), encoding="utf-8")

    return Identity(**json.loads((build_once(folder, build) / "identity.json").read_text(encoding="utf-8")))


def compare(design: Design, images: Images) -> Identity:
    """Train both and compare every result, every weight and all statistics. Verilator compiles the machine first."""
    config: Any = design.config
    stream = TrainingStream(config, images, order=Order.FILE)
    log.info("comparing RTL and golden model, %s %s, %d samples", config.rule, config.layers, len(stream))
    machines: list[Any] = [open_machine(design, backend) for backend in ("golden", "rtl")]
    golden, rtl = machines
    clocks, results = [0, 0], 0
    try:
        for machine in machines:
            machine.clear_statistics()
        for start in range(0, len(stream), CHUNK):
            samples, labels = stream.chunk(0, start)
            expected, found = (machine.train(samples, labels) for machine in machines)
            results += int(found.differences(expected).sum())
            clocks = [sum(pair) for pair in zip(clocks, (expected.elapsed_cycles, found.elapsed_cycles), strict=True)]
        sums = [machine.statistics() | {"clocks": total} for machine, total in zip(machines, clocks, strict=True)]
        mine, yours = (machine.dump() for machine in machines)
    finally:
        golden.close()
        rtl.close()
    return Identity(
        data=images.name,
        rule=config.rule,
        layers=list(config.layers),
        lanes=config.lanes,
        samples=len(stream),
        results=results,
        weights=sum(int(np.sum(one != other)) for one, other in zip(_arrays(mine), _arrays(yours), strict=True)),
        compared=sum(array.size for array in _arrays(mine)),
        golden=sums[0],
        rtl=sums[1],
        date=datetime.datetime.now(tz=datetime.UTC).date().isoformat(),
        simulator=f"Verilator {verilator_version()}",
    )


def _arrays(weights: FFWeights) -> list[Any]:
    readout = [] if weights.readout is None else [weights.readout]
    return [*weights.layers, *readout, np.array([*weights.rounding, weights.control])]
