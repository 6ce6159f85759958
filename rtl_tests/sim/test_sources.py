"""Code that outcomes in the cache depend on: all that is imported counts, nothing else does."""

import json
import subprocess
import sys

from sim.experiments.sources import ROOT, digest_of, sources_of
from sim.experiments.trainings import version_of

MODULES = ["sim.experiments.ff_clocks", "sim.golden.ff_float", "sim.stream"]
LOADED = """
import importlib, json, sys
for name in json.loads(sys.argv[1]):
    importlib.import_module(name)
files = {getattr(module, "__file__", None) for module in list(sys.modules.values())}
print(json.dumps(sorted(filter(None, files))))
"""


def test_what_python_loads_is_among_the_sources() -> None:
    command = [sys.executable, "-c", LOADED, json.dumps(MODULES)]
    loaded = json.loads(subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout)
    mine = {file for file in loaded if file.startswith((f"{ROOT}/hwgen/", f"{ROOT}/sim/"))}
    # A package's own file is run, too, but what counts is imported from its modules.
    assert {file for file in mine if not file.endswith("__init__.py")} <= set(map(str, sources_of(MODULES)))
    assert f"{ROOT}/hwgen/ff/config.py" in mine


def test_hardware_is_not_among_them() -> None:
    names = {str(source.relative_to(ROOT)) for source in sources_of(MODULES)}
    assert {"sim/golden/ff_kernel.py", "hwgen/ff/weights.py", "hwgen/samples.py"} <= names
    assert not {"hwgen/ff/core.py", "hwgen/ff/lane.py", "sim/experiments/ff_grid.py"} & names


def test_the_version_depends_on_the_code() -> None:
    sources = sources_of(MODULES)
    assert digest_of(sources) == digest_of(sources) != digest_of(sources[1:])
    assert version_of("ff") != version_of("ep")
