"""The Verilog of whole top levels."""

import pytest

from boards.definitions import BOARDS
from boards.verilog import emit_top
from hwgen import registry
from hwgen.bayes.config import BayesConfig
from hwgen.design import Design
from hwgen.errors import DesignError

MACHINE = {"mode": "logarithmic", "rows": 2, "bins": [2, 2], "likelihood_bits": 3, "initialised": False}


def test_a_core_with_pins_of_its_own_is_refused() -> None:
    parameters = MACHINE | {"memory": "array", "array": {"clock_hz": 25_000_000}}
    design = Design("tiny", registry.core("bayes", "test"), BayesConfig.parse(parameters))
    with pytest.raises(DesignError, match=r"tiny has pins of its own \(.*\), which Radiona ULX3S 85F does not connect"):
        emit_top(design, BOARDS["ulx3s-85f"], 25e6)


def test_others_have_the_pins_that_boards_connect() -> None:
    design = Design("tiny", registry.core("bayes", "test"), BayesConfig.parse(MACHINE))
    assert emit_top(design, BOARDS["ulx3s-85f"], 25e6).ports == {"clk": 1, "rst": 1, "rx": 1, "tx": 1, "led": 3}
