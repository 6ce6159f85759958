"""The demonstration: design files to packages, co-simulated on every held-out sample."""

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from hwgen import api
from hwgen.output import write_json
from sim.verify import verify

log = logging.getLogger("hwgen")

SUMMARY = "summary.json"


def demonstrate(designs: Sequence[Path], output: Path) -> list[dict[str, Any]]:
    """Generate each design's package and compare its Verilog with the golden model on all held-out samples.

    Args:
        designs: design files with a source that has held-out samples.
        output: folder for the packages, one a design, and for ``summary.json``.

    Returns the summary: for each design its core, samples, mismatches, accuracies (fractions), and clocks for a
    decision, measured and predicted.
    """
    summary = []
    for number, path in enumerate(designs, start=1):
        design = api.load_design(path)
        log.info("%d of %d: %s", number, len(designs), design.name)
        api.generate(design, output / design.name)
        report = verify(design, samples=0)
        summary.append(
            {
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
        )
    write_json(output / SUMMARY, summary)
    return summary
