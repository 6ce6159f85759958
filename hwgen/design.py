"""Design files: a TOML file that says which machine to build and where its parameters come from."""

import logging
import re
import tomllib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, Self

import numpy as np

from hwgen import registry
from hwgen.config import CoreConfig
from hwgen.emit.keywords import VERILOG_KEYWORDS
from hwgen.errors import DesignError
from hwgen.evaluation import Evaluation
from hwgen.resources import Needs

if TYPE_CHECKING:
    from hwgen.emit.verilog import Verilog

PATIENCE = 100_000
"""Clocks that a machine may take beyond what it needs before it counts as hung."""

TYPICAL_SAMPLES = 256
"""Held-out samples that are looked at for typical clocks."""

NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")

log = logging.getLogger("hwgen")


class Resolved(Protocol):
    """What a core's ``source`` makes of a design file."""

    @property
    def config(self) -> CoreConfig: ...
    @property
    def parameters(self) -> Any:
        """See :attr:`Design.parameters`."""

    @property
    def evaluation(self) -> Evaluation | None: ...

    def fidelity(self, model: Any) -> dict[str, Any]:
        """See :meth:`Design.fidelity`; ``model`` is the golden model."""


@dataclass(frozen=True)
class Design:
    """A machine to build: what a design file says, checked and resolved."""

    name: str
    """Name of the Verilog top module."""
    core: registry.Core
    config: CoreConfig
    parameters: Any = None
    """What the core's memories start with or are loaded with (for ``bayes`` a ``LikelihoodTable``, for ``ep``
    ``EPWeights``, for ``ff`` ``FFWeights``), or None. Has a ``digest``, a 64-bit hash."""
    evaluation: Evaluation | None = None
    """Held-out real samples, or None."""
    resolved: Resolved | None = None
    """What the design file's ``[source]`` gave, as its importer has it, or None."""

    @classmethod
    def of(cls, name: str, core: registry.Core, resolved: Resolved) -> Self:
        """The design that an importer has made."""
        return cls(name, core, resolved.config, resolved.parameters, resolved.evaluation, resolved)

    def fidelity(self) -> dict[str, Any]:
        """How good the machine is beside what it came from, as JSON values; empty without a source."""
        if self.resolved is None:
            return {}
        model = self.core.load("model")(self.config, self.parameters)
        return self.resolved.fidelity(model)

    def with_trial_parameters(self, seed: int = 0) -> Self:
        """This design, with random parameters where it has none of its own and cannot do without: a machine with an
        empty memory decides nothing, and comparing it would show nothing."""
        if self.parameters is not None:
            return self
        stimulus = self.core.load("stimulus")(self.config)
        return replace(self, parameters=stimulus.random_parameters(np.random.default_rng(seed)))

    @property
    def verilog_parameters(self) -> Any:
        """What the Verilog's memories start with, or None: they are then loaded over the bus."""
        return self.parameters if self.config.emits_parameters else None

    @property
    def content_hash(self) -> int:
        """64-bit hash of what the Verilog's memories start with; 0 when that is nothing."""
        return 0 if self.verilog_parameters is None else int(self.verilog_parameters.digest)

    @property
    def needs(self) -> Needs:
        """What the machine takes of an FPGA, and how fast it is."""
        needs: Needs = self.core.load("resources")(self.config)
        if self.verilog_parameters is None:
            return needs
        return replace(needs, memories=tuple(replace(memory, initialised=True) for memory in needs.memories))

    def typical_cycles(self) -> dict[str, float]:
        """Mean clocks of a sample at full speed, as the golden model counts them on held-out samples: of ``infer``, and
        where the machine learns, of ``train``, in its first samples. Empty without held-out samples."""
        if self.evaluation is None:
            return {}
        samples, labels = self.evaluation.samples[:TYPICAL_SAMPLES], self.evaluation.labels[:TYPICAL_SAMPLES]
        model = self.core.load("model")(self.config, self.parameters)
        cycles = {"infer": model.infer(samples).elapsed_cycles / len(samples)}
        if self.config.learns:
            cycles["train"] = model.train(samples, labels).elapsed_cycles / len(samples)
        return cycles

    @property
    def patience(self) -> int:
        """Clocks without a transfer after which this machine counts as hung."""
        needs = self.needs
        return PATIENCE + needs.start_clocks + needs.cycles_per_sample + needs.latency

    def component(self) -> Any:
        """The hardware, an Amaranth component."""
        return self.core.load("component")(self.config, self.verilog_parameters)

    def verilog(self) -> "Verilog":
        """The emitted Verilog: the same bytes for the same design and tool versions."""
        from hwgen.emit.verilog import emit_verilog, header

        return emit_verilog(self.component(), self.name, header(self))

    def simulated_verilog(self) -> "Verilog":
        """The Verilog that simulations compile: :meth:`verilog`, with models at the pins that no bench drives."""
        from hwgen.emit.surrounded import surrounded
        from hwgen.emit.verilog import emit_verilog, header

        return emit_verilog(surrounded(self.component()), self.name, header(self))


@dataclass(frozen=True)
class _Tables:
    """What a design file says, not yet resolved."""

    path: Path
    name: str
    core: registry.Core
    parameters: dict[str, Any]
    source: dict[str, Any] | None


def load_design(path: str | Path) -> Design:
    """Read a design file.

    A design file has ``name`` (a Verilog identifier), ``core``, a table of that core's parameters, and optionally
    ``[source]``: where parameters, and real samples to check with, come from.

    Logs the config's :attr:`~hwgen.config.CoreConfig.hints`.

    Raises :class:`~hwgen.errors.DesignError` naming file, key, value and what is allowed.
    """
    tables = _tables(Path(path))
    if tables.source is None:
        return _hinted(_without_source(tables), tables.path)
    core = tables.core
    resolved = core.load("source")(
        tables.source, tables.parameters, tables.path.parent, str(tables.path), core.load("data")
    )
    return _hinted(Design.of(tables.name, core, resolved), tables.path)


def load_machine(path: str | Path) -> Design:
    """Read a design file as far as it says what hardware to build: :func:`load_design` without held-out samples and,
    where the config follows from less, without anything trained. Its :attr:`Design.needs` are the same.

    Raises :class:`~hwgen.errors.DesignError` as :func:`load_design` does, though not for all that is wrong with data.
    """
    tables = _tables(Path(path))
    if tables.source is None:
        return _hinted(_without_source(tables), tables.path)
    core, where = tables.core, (tables.source, tables.parameters, tables.path.parent, str(tables.path))
    if core.source_config is not None:
        return _hinted(Design(tables.name, core, core.load("source_config")(*where, core.load_data)), tables.path)
    resolved = core.load("source")(*where, _no_samples)
    return _hinted(Design(tables.name, core, resolved.config, resolved.parameters), tables.path)


def _hinted(design: Design, path: Path) -> Design:
    """The design, once its hints are told."""
    for hint in design.config.hints:
        log.warning("%s: %s", path, hint)
    return design


def _no_samples(*_: Any) -> None:
    """Stands for what reads a core's data where none are wanted."""


def _without_source(tables: _Tables) -> Design:
    config = tables.core.load("config").parse(tables.parameters, str(tables.path))
    try:
        config.check_without_source()
    except DesignError as error:
        raise DesignError(f"{tables.path}: {error}") from None
    return Design(tables.name, tables.core, config)


def _tables(path: Path) -> _Tables:
    values = read_toml(path, f"no such design file; `hwgen new {path}` makes one")
    name = values.pop("name", path.stem.replace("-", "_"))
    check_name(name, str(path))
    if "core" not in values:
        raise DesignError(f"{path}: core is missing; it must be one of {', '.join(registry.CORES)}")
    core = registry.core(values.pop("core"), str(path))
    parameters = _table(values, core.name, path)
    source = _table(values, "source", path) if "source" in values else None
    if values:
        allowed = f"name, core, [{core.name}] and [source]"
        raise DesignError(f"{path}: {', '.join(values)}: no such key; a design file has {allowed}")
    return _Tables(path, name, core, parameters, source)


def check_name(name: object, where: str) -> None:
    """Raise :class:`~hwgen.errors.DesignError` unless ``name`` can be the name of a Verilog module."""
    if not isinstance(name, str) or not NAME.fullmatch(name):
        raise DesignError(
            f"{where}: name must be letters, digits and underscores, beginning with a letter, not {name!r}"
        )
    if name in VERILOG_KEYWORDS:
        raise DesignError(f"{where}: name must not be {name!r}, which is a keyword of Verilog; try {name}_core")


def read_toml(path: Path, missing: str = "no such file") -> dict[str, Any]:
    """What a TOML file says. Raises :class:`~hwgen.errors.DesignError`: ``missing``, or why it cannot be read."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise DesignError(f"{path}: {missing}") from None
    except (OSError, UnicodeDecodeError) as error:
        raise DesignError(f"{path}: cannot be read: {error}") from None
    except tomllib.TOMLDecodeError as error:
        raise DesignError(f"{path}: not valid TOML: {error}") from None


def _table(values: dict[str, Any], key: str, path: Path) -> dict[str, Any]:
    table = values.pop(key, {})
    if not isinstance(table, dict):
        raise DesignError(f"{path}: {key} must be a table ([{key}]), not {table!r}")
    return table
