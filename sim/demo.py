"""The demonstration: design files to packages, co-simulated on every held-out sample or trained on all data."""

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from hwgen import api
from hwgen.design import Design
from hwgen.emit.package import MANIFEST
from hwgen.errors import DesignError
from hwgen.output import write_json
from sim.train import Training, train
from sim.verify import verify

log = logging.getLogger("hwgen")

SUMMARY = "summary.json"

EPOCHS = 5
"""Of a machine that learns."""


def demonstrate(designs: Sequence[Path], output: Path) -> list[dict[str, Any]]:
    """Generate each design's package; compare its Verilog with the golden model on all held-out samples, or, where the
    machine learns, in a training.

    Args:
        designs: design files with a source that has held-out samples.
        output: folder for the packages, one a design, and for ``summary.json``.

    Returns the summary: what :func:`decided` or :func:`trained` tells of each design. Raises
    :class:`~hwgen.errors.DesignError` where ``output`` holds something else.
    """
    _check_free(output)
    summary = []
    for number, path in enumerate(designs, start=1):
        design = api.load_design(path)
        log.info("%d of %d: %s", number, len(designs), design.name)
        api.generate(design, output / design.name)
        summary.append(trained(design) if design.config.learns else decided(design))
    write_json(output / SUMMARY, summary)
    return summary


def _check_free(output: Path) -> None:
    """Raise for a folder that is not empty and holds neither a summary nor packages, those of an interrupted run."""
    if not output.exists() or (output / SUMMARY).is_file():
        return
    if not output.is_dir():
        raise DesignError(f"{output} is a file; name a folder for the demonstration")
    if not all(path.name.startswith(".") or (path / MANIFEST).is_file() for path in output.iterdir()):
        raise DesignError(
            f"{output} is not empty and holds no demonstration of hwgen ({SUMMARY} is missing); "
            "name a new folder, or empty this one"
        )


def decided(design: Design) -> dict[str, Any]:
    """Every held-out sample on golden model and RTL: samples, mismatches, accuracies (fractions), and clocks for a
    decision, measured and predicted."""
    report = verify(design, samples=0)
    assert report.busy_cycles_measured is not None  # only boards do not tell
    return {
        "core": report.core,
        "design": report.design,
        "mode": getattr(design.config, "mode", None),
        "samples": report.samples,
        "mismatches": report.mismatches,
        "identical": report.ok,
        "accuracy_float": report.accuracy_float,
        "accuracy_golden": report.accuracy_golden,
        "accuracy_rtl": report.accuracy_rtl,
        "cycles_per_decision": report.busy_cycles_measured / report.samples,
        "cycles_predicted": report.busy_cycles_predicted / report.samples,
        "samples_per_second": report.samples_per_second,
    }


def trained(design: Design) -> dict[str, Any]:
    """The same training on golden model and RTL: of each the last test error (a fraction), statistics and clocks of
    all epochs, the weights' hash, and the epochs. ``samples`` are the training samples of all epochs, ``mismatches``
    epochs of which any number differs."""
    golden, rtl = (_train(design, backend) for backend in ("golden", "rtl"))
    differing = sum(mine != yours for mine, yours in zip(golden.epochs, rtl.epochs, strict=True))
    return {
        "core": design.core.name,
        "design": design.name,
        "data": rtl.data,
        "epochs": EPOCHS,
        "samples": sum(epoch.samples for epoch in rtl.epochs),
        "mismatches": differing,
        "identical": not differing and golden.weights_sha256 == rtl.weights_sha256,
        **_outcome(golden),
        **_outcome(rtl),
    }


def _train(design: Design, backend: str) -> Training:
    log.info("%s: training on %s", design.name, backend)
    return train(design, epochs=EPOCHS, backend=backend)


def _outcome(training: Training) -> dict[str, Any]:
    epochs = training.epochs
    values = {
        "test_error": epochs[-1].test_error,
        **{name: sum(epoch.statistics[name] for epoch in epochs) for name in epochs[-1].statistics},
        "cycles": sum(epoch.cycles for epoch in epochs),
        "weights_sha256": training.weights_sha256,
        "epochs": [epoch.as_dict() for epoch in epochs],
    }
    return {f"{name}_{training.backend}": value for name, value in values.items()}
