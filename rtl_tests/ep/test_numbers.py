"""Numbers that may only get better: size of the emitted Verilog, clocks of a sample."""

import re

import numpy as np

from hwgen.ep.config import EPConfig
from rtl_tests.ep.designs import make_design
from rtl_tests.ep.digits import digits
from sim.golden.ep import EPModel


def test_512_lanes_are_one_module_and_the_verilog_stays_small() -> None:
    text = make_design(EPConfig.parse({"layers": [784, 512, 10]})).verilog().text
    assert len(re.findall(r"^ +machine_lane lane_\d+ \($", text, flags=re.MULTILINE)) == 512
    assert [name for name in re.findall(r"^module (\S+?) ?\(", text, flags=re.MULTILINE) if "lane" in name] == [
        "machine_lane"
    ]
    assert len(text) <= 2.5e6  # 2.3 MB


def test_the_mean_clocks_of_digits_stay_below_their_bounds() -> None:
    train, labels, test, _ = digits()
    model = EPModel(EPConfig.parse({"layers": [64, 128, 10], "pixel_bits": 4}))
    # Fewer as it learns: 282, 264 and 251.
    clocks = [model.train(train, labels).elapsed_cycles / len(train) for _ in range(3)]
    assert (np.array(clocks) <= [284, 266, 253]).all(), clocks
    # The sweep over the active inputs, and little more: 78.
    assert model.infer(test).elapsed_cycles / len(test) <= 80
