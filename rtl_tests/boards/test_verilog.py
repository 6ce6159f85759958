"""The Verilog of whole top levels."""

from typing import Any

import pytest
from amaranth.hdl import Fragment

from boards.definitions import BOARDS
from boards.verilog import emit_top
from hwgen import registry
from hwgen.bayes.config import BayesConfig
from hwgen.bayes.core import BayesCore
from hwgen.design import Design
from hwgen.emit.surrounded import Surrounded, surrounded
from hwgen.errors import DesignError

MACHINE = {"mode": "logarithmic", "rows": 2, "bins": [2, 2], "likelihood_bits": 3, "initialised": False}


def test_a_core_with_pins_of_its_own_is_refused() -> None:
    parameters = MACHINE | {"memory": "array", "array": {"clock_hz": 25_000_000}}
    design = Design("tiny", registry.core("bayes", "test"), BayesConfig.parse(parameters))
    with pytest.raises(DesignError, match=r"tiny has pins of its own \(array\), which Radiona ULX3S 85F does not conn"):
        emit_top(design, BOARDS["ulx3s-85f"], 25e6)


@pytest.mark.parametrize("memory", [{}, {"memory": "array", "array": {"clock_hz": 25_000_000}}])
def test_a_config_names_the_pins_that_its_component_has_models_for(memory: dict[str, Any]) -> None:
    component = surrounded(BayesCore(config := BayesConfig.parse(MACHINE | memory)))
    Fragment.get(component, None)
    assert config.own_pins == tuple(component.models if isinstance(component, Surrounded) else ())


def test_others_have_the_pins_that_boards_connect() -> None:
    design = Design("tiny", registry.core("bayes", "test"), BayesConfig.parse(MACHINE))
    assert emit_top(design, BOARDS["ulx3s-85f"], 25e6).ports == {"clk": 1, "rst": 1, "rx": 1, "tx": 1, "led": 3}
