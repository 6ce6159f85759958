"""FuseSoC's description of an emitted package: the Verilog, and a target that runs the self-checking test bench."""

from collections.abc import Iterable
from importlib import metadata

from hwgen.design import Design
from hwgen.templates import render


def core_file(design: Design, vectors: Iterable[str]) -> str:
    """The text of the ``.core`` file (CAPI 2).

    Args:
        design: the design.
        vectors: names of the files that the test bench reads.
    """
    return render(
        "hwgen.emit",
        "fusesoc.core.j2",
        name=design.name,
        vlnv=f"hwgen:{design.core.name}:{design.name}:{metadata.version('hwgen')}",
        description=design.core.summary.replace('"', "'"),
        vectors=sorted(vectors),
    )
