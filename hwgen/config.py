"""The base of every core's ``Config``: frozen, validated, JSON-serialisable, with a hash that names the hardware; and
the validation that it shares with the other tables of a design file."""

import hashlib
import json
from collections.abc import Iterator, Sequence
from typing import Any, ClassVar, Self, TypeVar, get_args

import pydantic

from hwgen.errors import DesignError

Table = TypeVar("Table", bound=pydantic.BaseModel)


def parse_table(model: type[Table], name: str, values: dict[str, Any], source: str = "") -> Table:
    """Validate ``values``, the table ``name`` of a design file, as ``model``.

    Raises :class:`~hwgen.errors.DesignError` that names ``source``, every wrong key, its value and what is allowed.
    """
    try:
        # JSON mode: TOML and JSON have no tuples, and strict Python mode would refuse their lists.
        return model.model_validate_json(json.dumps(values))
    except pydantic.ValidationError as error:
        prefix = f"{source}: " if source else ""
        raise DesignError("\n".join(prefix + line for line in _explain(model, name, error))) from None


def hash_64(content: bytes) -> int:
    """The first 8 bytes of the SHA-256 of ``content``, an unsigned number: what the hardware's hash registers hold."""
    return int.from_bytes(hashlib.sha256(content).digest()[:8], "big")


class CoreConfig(pydantic.BaseModel):
    """Parameters that fix one core's hardware. Subclasses add fields; derived sizes are properties."""

    model_config = pydantic.ConfigDict(frozen=True, extra="forbid", strict=True)

    core: ClassVar[str]
    """Name of the core in the registry; also the name of its table in a design file."""

    @classmethod
    def parse(cls, values: dict[str, Any], source: str = "") -> Self:
        """Validate ``values`` as read from TOML or JSON.

        Raises :class:`~hwgen.errors.DesignError` that names ``source``, every wrong key, its value and what is allowed.
        """
        return parse_table(cls, cls.core, values, source)

    def parameters(self) -> dict[str, Any]:
        """The parameters as JSON values, defaults filled in; :meth:`parse` of it gives an equal config."""
        return self.model_dump(mode="json")

    def canonical(self) -> str:
        """The parameters as JSON text with sorted keys: equal configs give equal text."""
        return json.dumps(self.parameters(), sort_keys=True, separators=(",", ":"))

    def check_without_source(self) -> None:
        """Raise :class:`~hwgen.errors.DesignError` where a machine with these parameters must have a ``[source]``."""

    @property
    def hints(self) -> tuple[str, ...]:
        """Sentences about what is legal and hardly meant: they are logged when a design file is loaded."""
        return ()

    @property
    def emits_parameters(self) -> bool:
        """Whether the Verilog holds the parameters of a design that has any; if not, they are loaded over the bus."""
        return True

    @property
    def learns(self) -> bool:
        """Whether the machine has ``train``."""
        return False

    @property
    def phases(self) -> tuple[str, ...]:
        """Names of the phases of a training in which parts of the machine learn alone, the first one being that in
        which all of it learns; none where it cannot."""
        return ()

    def phase_counters(self, phase: str | None) -> tuple[str, ...]:
        """Names of the statistics whose means over the samples of an epoch tell how learning goes in ``phase``, one of
        :attr:`phases`, where what decides does not learn; none where errors tell it."""
        return ()

    @property
    def overlaps(self) -> bool:
        """Whether the machine works on several samples at a time, so that ``busy_cycles`` depends on when they come:
        the golden model tells what it is when both streams run at full speed."""
        return False

    @property
    def own_pins(self) -> tuple[str, ...]:
        """Members of the hardware whose pins only this core has, such as those of an array: no board connects them."""
        return ()

    @property
    def x_beats(self) -> int:
        """Transfers on ``x`` of one sample, and so of one result on ``y``."""
        return 1

    @property
    def hash(self) -> int:
        """64-bit config hash (unsigned): in the hardware's ``config_hash`` register and in every emitted header."""
        return hash_64(f"{self.core}:{self.canonical()}".encode())


def _explain(model: type[pydantic.BaseModel], name: str, error: pydantic.ValidationError) -> list[str]:
    """One line per problem: key, what is allowed, the value found."""
    lines = []
    for problem in error.errors():
        key = ".".join([name, *(str(part) for part in problem["loc"])])
        context = problem.get("ctx", {})
        match problem["type"]:
            case "missing":
                lines.append(f"{key} is missing")
                continue
            case "default_factory_not_called":
                continue  # follows from another problem, which has its own line
            case "extra_forbidden":
                fields = _table_at(model, problem["loc"][:-1]).model_fields
                lines.append(f"{key}: no such parameter; allowed are {', '.join(sorted(fields))}")
                continue
            case "value_error":
                # Raised by our own validators: the text already names key, value and way out.
                lines.append(str(context["error"]))
                continue
            case "greater_than_equal":
                allowed = f"must be at least {context['ge']}"
            case "less_than_equal":
                allowed = f"must be at most {context['le']}"
            case "literal_error":
                allowed = f"must be one of {context['expected']}"
            case _:
                allowed = problem["msg"][0].lower() + problem["msg"][1:]
        lines.append(f"{key} {allowed}, not {problem['input']!r}")
    return lines


def _table_at(model: type[pydantic.BaseModel], place: Sequence[int | str]) -> type[pydantic.BaseModel]:
    """The model of the table at ``place`` in a table of ``model``, which lists of tables may be part of."""
    for name in place:
        if isinstance(name, str) and name in model.model_fields:
            model = next(_models_in(model.model_fields[name].annotation), model)
    return model


def _models_in(annotation: Any) -> Iterator[type[pydantic.BaseModel]]:
    """The models in a field's annotation, such as ``Model | None`` or ``tuple[Model, ...]``."""
    if isinstance(annotation, type) and issubclass(annotation, pydantic.BaseModel):
        yield annotation
    for part in get_args(annotation):
        yield from _models_in(part)
