"""hwgen from Python: load a design, open it on a backend, generate its package, verify it, train its machine."""

from pathlib import Path
from typing import Any

import numpy as np

from hwgen import registry
from hwgen.bus.wrappers.interfaces import Interfaces
from hwgen.design import Design, check_name, load_design
from hwgen.errors import DesignError

__all__ = ["Design", "design_from_classifier", "generate", "load_design", "open_design", "train", "verify"]

BENCH_SAMPLES = 64
"""Samples in the emitted test bench, real and random ones in equal parts where there are real ones."""


def design_from_classifier(classifier: Any, name: str, *, core: str = "bayes", **options: Any) -> Design:
    """The design of a trained classifier, without a design file.

    Args:
        classifier: fitted with scikit-learn; for ``bayes`` a ``CategoricalNB``, ``BernoulliNB`` or ``GaussianNB``.
        name: name of the Verilog top module.
        core: which machine.
        options: ``features`` and ``labels`` (held-out data), ``calibration``, ``binning``, ``normalisation``,
            ``zeros`` and ``step`` as in :func:`hwgen.bayes.machine.machine_of`; all others are the core's parameters,
            such as ``mode="logarithmic"``.

    Raises :class:`~hwgen.errors.DesignError` naming what is wrong and what is allowed.
    """
    entry = registry.core(core, "design_from_classifier")
    if entry.classifier is None:
        possible = ", ".join(each.name for each in registry.CORES.values() if each.classifier)
        raise DesignError(
            f"design_from_classifier: core must be one of {possible}, not {core!r}, which is not made from a "
            f"classifier; `hwgen new --core {core} FILE.toml` writes a design file for it"
        )
    check_name(name, "design_from_classifier")
    own = ("features", "labels", "calibration", "binning", "normalisation", "zeros", "step")
    given = {key: options.pop(key) for key in own if key in options}
    resolved = entry.load("classifier")(classifier, options, **given)
    return Design.of(name, entry, resolved)


def open_design(design: Design | str | Path, backend: str = "golden", **options: Any) -> Any:
    """The machine of a design, ready to use.

    Args:
        design: a loaded design or the path of a design file.
        backend: ``"golden"`` (the integer model), ``"rtl"`` (the emitted Verilog, compiled by Verilator) or
            ``"serial:PORT"`` (a board on a serial port).
        options: of the backend; ``rtl`` takes ``waves="file.vcd"`` or ``"file.fst"``, ``serial`` takes ``baudrate``.

    Returns an object with ``infer``, ``load``, ``dump``, ``errors``, ``clear_errors``, ``soft_reset`` and ``close``,
    and ``train`` where the machine learns, which gives the same bits and cycle counts on every backend; a board cannot
    count ``elapsed_cycles``, they are 0. A ``with`` statement closes it at its end.
    """
    return registry.open_backend(_loaded(design), backend, **options)


def generate(
    design: Design | str | Path,
    directory: str | Path,
    *,
    bus: str = "native",
    stream: str = "native",
    stream_width: int = 32,
) -> list[Path]:
    """Write a design's package (Verilog, register documents, test bench, FuseSoC core, manifest) and return its files.

    Args:
        design: a loaded design or the path of a design file.
        directory: where the package goes.
        bus: ``"native"``, ``"axi4lite"`` or ``"wishbone"``.
        stream: ``"native"`` or ``"axi4stream"``.
        stream_width: width of the AXI4-Streams in bits, a multiple of 8 from 8 to 128.
    """
    from hwgen.emit.package import write_package

    interfaces = Interfaces(bus, stream, stream_width)
    design = _loaded(design)
    return write_package(design, Path(directory), golden_vectors(design.with_trial_parameters()), interfaces)


def verify(design: Design | str | Path, **options: Any) -> Any:
    """Compare hardware with golden model on real and random samples; see :func:`sim.verify.verify`."""
    return registry.load(registry.VERIFY)(_loaded(design), **options)


def train(design: Design | str | Path, **options: Any) -> Any:
    """Train a learning design's machine on images, on any backend; see :func:`sim.train.train`."""
    return registry.load(registry.TRAIN)(_loaded(design), **options)


def golden_vectors(design: Design, count: int = BENCH_SAMPLES, seed: int = 0) -> Any:
    """What the golden model answers to ``count`` samples, as :class:`~hwgen.emit.testbench.Vectors`."""
    from hwgen.emit.testbench import Vectors

    stimulus = design.core.load("stimulus")(design.config)
    inputs = stimulus.random_inputs(count, np.random.default_rng(seed))
    if design.evaluation is not None:
        for name in ("samples", "labels"):
            if name in inputs:
                real = getattr(design.evaluation, name)[: count // 2]
                inputs[name][: len(real)] = real
    machine = open_design(design)
    full_speed = count // 2 if design.config.overlaps else 0
    first = machine.run(**{name: values[:full_speed] for name, values in inputs.items()})
    rest = machine.run(**{name: values[full_speed:] for name, values in inputs.items()})
    loads = np.zeros((0, 2), np.uint32)
    if design.parameters is not None and design.verilog_parameters is None:
        loads = stimulus.load_writes(design.parameters)
    return Vectors(
        x=stimulus.pack_samples(**inputs),
        y=np.concatenate([stimulus.pack_results(result) for result in (first, rest)]),
        loads=loads,
        full_speed=full_speed,
        busy_cycles=(first if full_speed else rest).busy_cycles,
        patience=design.patience,
        held=design.parameters,
    )


def _loaded(design: Design | str | Path) -> Design:
    return design if isinstance(design, Design) else load_design(design)
