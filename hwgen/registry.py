"""The cores and the backends: the one place where a new one is announced.

Everything is named by import path and loaded when it is asked for, so that looking at a design needs no simulator and
``hwgen`` imports neither ``sim`` nor ``boards``.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from hwgen.errors import DesignError


@dataclass(frozen=True)
class Core:
    """Where the parts of a core are; each entry is ``module:attribute``."""

    name: str
    summary: str
    config: str
    """Subclass of :class:`~hwgen.config.CoreConfig`."""
    component: str
    """The hardware: called with a config and the parameters that the Verilog holds, or None. Parameters have a
    ``digest``, a 64-bit hash of them."""
    driver: str
    """Called with a transport and a config."""
    model: str
    """The golden model: called with a config and the parameters it starts with, or None."""
    source: str
    """``resolve``: turns a design file's ``[source]`` into a config and parameters. Called with the tables ``[source]``
    and that of the core, the design file's folder and name, and ``data``."""
    data: str
    """Reads the data sets that a ``[source]`` names."""
    classifier: str | None
    """Called with a trained classifier, parameters and options; returns what ``resolve`` returns. None: the core is
    not made from a classifier."""
    stimulus: str
    """``Stimulus``: random samples, and samples and results as stream payloads."""
    resources: str
    """Called with a config; returns the :class:`~hwgen.resources.Needs` of the core."""

    new: Mapping[str, str | None]
    """Options of ``hwgen new`` that the core's ``design.toml.j2`` knows, and their defaults."""
    modes: tuple[str, ...] = ()
    """What its ``--mode`` may be."""

    source_config: str | None = None
    """Called as ``source`` is, with a function that loads ``data`` when it is called; returns the config alone, and
    reads no more than that depends on. None: the config depends on the core's table only."""

    def load_data(self, *arguments: Any) -> Any:
        """Load ``data`` and call it."""
        return self.load("data")(*arguments)

    def load(self, part: str) -> Any:
        """The named part (``"config"``, ``"driver"``, ...), which must not be None."""
        return load(getattr(self, part))


CORES = {
    core.name: core
    for core in (
        Core(
            name="bayes",
            summary="memristor-style Bayesian machine: stochastic or logarithmic naive Bayes",
            config="hwgen.bayes.config:BayesConfig",
            component="hwgen.bayes.core:BayesCore",
            driver="hwgen.bayes.driver:BayesDriver",
            model="sim.golden.bayes:BayesModel",
            source="hwgen.bayes.resolve:resolve",
            data="sim.datasets:load_split",
            classifier="hwgen.bayes.machine:machine_of",
            stimulus="hwgen.bayes.stimulus:BayesStimulus",
            resources="hwgen.bayes.resources:needs",
            source_config="hwgen.bayes.columns:source_config",
            new={"mode": "logarithmic", "dataset": "wine", "table": None, "model": None},
            modes=("stochastic", "logarithmic"),
        ),
        Core(
            name="ep",
            summary="binary equilibrium propagation: 1-bit synapses and neurons that learn on the chip",
            config="hwgen.ep.config:EPConfig",
            component="hwgen.ep.core:EPCore",
            driver="hwgen.ep.driver:EPDriver",
            model="sim.golden.ep:EPModel",
            source="hwgen.ep.resolve:resolve",
            data="sim.held_out:load_held_out",
            classifier=None,
            stimulus="hwgen.ep.stimulus:EPStimulus",
            resources="hwgen.ep.resources:needs",
            new={"dataset": "digits"},
        ),
        Core(
            name="ff",
            summary="Forward-Forward: layers of 8-bit weights that learn alone on the chip, with or without labels",
            config="hwgen.ff.config:FFConfig",
            component="hwgen.ff.core:FFCore",
            driver="hwgen.ff.driver:FFDriver",
            model="sim.golden.ff:FFModel",
            source="hwgen.ff.resolve:resolve",
            data="sim.held_out:load_held_out",
            classifier=None,
            stimulus="hwgen.ff.stimulus:FFStimulus",
            resources="hwgen.ff.resources:needs",
            new={"mode": "supervised", "dataset": "digits"},
            modes=("supervised", "contrastive", "recurrent"),
        ),
    )
}

CHIP = Core(
    name="chip",
    summary="controller of a bench with a fabricated memristor Bayesian machine",
    config="hwgen.chips.config:ChipConfig",
    component="hwgen.chips.core:ChipController",
    driver="hwgen.chips.driver:ChipDriver",
    model="sim.golden.chip:ChipModel",
    source="hwgen.bayes.resolve:resolve",
    data="sim.datasets:load_split",
    classifier=None,
    stimulus="hwgen.chips.stimulus:ChipStimulus",
    resources="hwgen.chips.resources:needs",
    new={},
)
"""The core behind ``hwgen generate --target chip:...``. It has no design files of its own, and so is not among
``CORES``."""


@dataclass(frozen=True)
class Backend:
    """A way to run a design."""

    summary: str
    opener: str
    """``module:attribute``, called with a design and options; ``serial`` with a design, a port and options."""


BACKENDS = {
    "golden": Backend("the integer model, the specification", "sim.backends:open_golden"),
    "rtl": Backend("the emitted Verilog, compiled by Verilator", "sim.backends:open_rtl"),
    "serial": Backend("a board, or a virtual board, on a serial port", "sim.backends:open_serial"),
}

PORT_BACKEND = "serial"
"""The backend that is named with a port: ``serial:/dev/ttyUSB0``."""

VERIFY = "sim.verify:verify"
TRAIN = "sim.train:train"


def load(path: str) -> Any:
    """The attribute that ``module:attribute`` names."""
    module, attribute = path.split(":")
    return getattr(import_module(module), attribute)


def backend(name: str) -> tuple[str, list[str]]:
    """The backend that ``golden``, ``rtl`` or ``serial:PORT`` names, and its arguments after the design.

    Raises :class:`~hwgen.errors.DesignError` for a name that is none of these.
    """
    kind, colon, port = name.partition(":")
    if kind not in BACKENDS or bool(port) != (kind == PORT_BACKEND) or bool(colon) != bool(port):
        allowed = ", ".join(f"{key}:PORT" if key == PORT_BACKEND else key for key in BACKENDS)
        raise DesignError(f"backend must be one of {allowed}, not {name!r}")
    return kind, [port] if port else []


def open_backend(design: Any, name: str, **options: Any) -> Any:
    """The machine of a loaded design on a backend; options that are None count as not given.

    Raises :class:`~hwgen.errors.DesignError` for a backend or an option that there is not.
    """
    kind, arguments = backend(name)
    check_baudrate(kind, options.get("baudrate"))
    given = {option: value for option, value in options.items() if value is not None}
    return load(BACKENDS[kind].opener)(design, *arguments, **given)


def check_baudrate(kind: str, baudrate: int | None) -> None:
    """Raise :class:`~hwgen.errors.DesignError` when a baud rate is given to a backend that has none."""
    if baudrate is not None and kind != PORT_BACKEND:
        raise DesignError(f"backend {kind} has no baud rate; leave it out")


def core(name: str, where: str) -> Core:
    """The core called ``name``; raises :class:`~hwgen.errors.DesignError` naming ``where`` and the cores there are."""
    if name not in CORES:
        raise DesignError(f"{where}: core must be one of {', '.join(CORES)}, not {name!r}")
    return CORES[name]
