"""``hwgen list``: cores, chips, backends and data sets."""

from hwgen import registry
from hwgen.chips.profile import PROFILES, TARGET
from hwgen.cli.output import JsonOption, print_json, print_table


def list_all(as_json: JsonOption = False) -> None:
    """List the cores, the chips, the backends and the bundled data sets."""
    from sim.datasets import DATASETS

    entries = [
        *({"kind": "core", "name": core.name, "summary": core.summary} for core in registry.CORES.values()),
        *({"kind": "target", "name": f"{TARGET}{name}", "summary": each.summary} for name, each in PROFILES.items()),
        *({"kind": "backend", "name": name, "summary": backend.summary} for name, backend in registry.BACKENDS.items()),
        *({"kind": "dataset", "name": name, "summary": "bundled with scikit-learn"} for name in DATASETS),
    ]
    if as_json:
        print_json({"entries": entries})
    else:
        print_table("hwgen", entries)
