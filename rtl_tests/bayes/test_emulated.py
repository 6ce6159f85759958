"""Likelihoods in block RAM that is read with errors of devices: machine, driver, design file."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import hwgen
from boards.definitions import BOARDS
from boards.verilog import emit_top
from hwgen.bayes.config import BayesConfig
from hwgen.bayes.core import BayesCore
from hwgen.bayes.registers import register_map
from hwgen.bayes.stimulus import BayesStimulus
from hwgen.errors import DesignError, HwgenError
from rtl_tests.bayes.designs import make_design, random_table
from rtl_tests.emit.run_bench import run_bench
from rtl_tests.simulate import simulate
from sim.golden.bayes import BayesModel

# Some decisions take longer than the errors of the next, some less.
STOP = {"mode": "stochastic", "rows": 2, "bins": [3, 4], "likelihood_bits": 4, "generator_bits": 6}
STOP |= {"cycles": 63, "stop": "lead", "lead": 2}
LOGARITHMIC = {"mode": "logarithmic", "rows": 2, "bins": [3], "likelihood_bits": 3, "feedback": True}


def config_of(values: dict[str, Any], **errors: Any) -> BayesConfig:
    return BayesConfig.parse(values | {"memory": "emulated", "errors": {"rate": 0.1, "seed": 7} | errors})


def design_of(config: BayesConfig) -> hwgen.Design:
    return make_design(config, random_table(config, np.random.default_rng(1)), "dut")


def test_errors_are_set_between_samples_and_the_host_sees_what_it_loaded() -> None:
    config = config_of(STOP)
    design = design_of(config)
    stimulus = BayesStimulus(config)
    inputs = stimulus.random_inputs(40, np.random.default_rng(2))
    payloads = stimulus.pack_samples(**inputs)
    machine, model = hwgen.open_design(design, "rtl"), hwgen.open_design(design)
    try:
        first = None
        for errors in ({"rate": 0.3}, {"rate": 0.3, "seed": 2**32 - 1}, {"rate": 0.5, "mode": "frozen"}, {"rate": 0}):
            assert machine.set_errors(**errors) == model.set_errors(**errors)
            for _ in range(2):
                found, expected = machine.infer(**inputs), model.infer(**inputs)
                assert not found.differences(expected).any()
                assert found.elapsed_cycles == expected.elapsed_cycles
                assert found.busy_cycles == expected.busy_cycles
                first = first or found
        exact = BayesModel(BayesConfig.parse(STOP), design.parameters).infer(**inputs)
        assert not found.differences(exact).any() and first.differences(exact).any()
        machine.set_errors(0.3)
        assert not machine.infer(**inputs).differences(first).any()

        # The machine is full, and y takes nothing.
        model.set_errors(0.5)
        machine.set_errors(0.5)
        machine.transport.stream(payloads[:4], 0)
        with pytest.raises(HwgenError, match="errors cannot be set while a sample is in the machine"):
            machine.set_errors(0.1)
        with pytest.raises(HwgenError, match="likelihoods cannot be loaded while a sample is in the machine"):
            machine.load(design.parameters)
        assert machine.dump() == design.parameters
        results, _ = machine.transport.stream(payloads[4:], len(payloads))
        np.testing.assert_array_equal(results, stimulus.pack_results(model.infer(**inputs)))
        machine.start_over(None)
        model.soft_reset()
        assert not machine.infer(**inputs).differences(model.infer(**inputs)).any()
    finally:
        machine.close()


def test_a_soft_reset_in_any_clock_restarts_the_same_errors() -> None:
    config = config_of(LOGARITHMIC, rate=0.4)
    table = random_table(config, np.random.default_rng(3))
    core = BayesCore(config, table)
    samples = [[0], [2], [1]]
    stimulus = BayesStimulus(config)
    payloads = [int(words[0]) for words in stimulus.pack_samples(samples)]
    model = BayesModel(config, table)
    wrong = BayesConfig.parse(LOGARITHMIC)
    assert model.infer(samples).differences(BayesModel(wrong, table).infer(samples)).any()
    model.soft_reset()
    expected = stimulus.pack_results(model.infer(samples))
    found: list[list[list[int]]] = []

    async def soft_reset(context: Any) -> None:
        context.set(core.bus.valid, 1)
        context.set(core.bus.write, 1)
        context.set(core.bus.address, core.map.base("control"))
        context.set(core.bus.wdata, 1)
        while not context.get(core.bus.ready):
            await context.tick()
        await context.tick()
        context.set(core.bus.valid, 0)

    async def transfer(context: Any, payload: int) -> None:
        context.set(core.x.payload.as_value(), payload)
        context.set(core.x.valid, 1)
        while not context.get(core.x.ready):
            await context.tick()
        await context.tick()
        context.set(core.x.valid, 0)

    async def bench(context: Any) -> None:
        await context.tick()
        for clocks in range(1, config.memory_clocks + config.latency):
            await transfer(context, payloads[1])
            await context.tick().repeat(clocks)
            await soft_reset(context)
            context.set(core.y.ready, 1)
            await context.tick().repeat(4)  # a result that was there already
            results = []
            for payload in payloads:
                await transfer(context, payload)
                while not context.get(core.y.valid):
                    await context.tick()
                results.append([context.get(core.y.payload.as_value())])
                await context.tick()
            context.set(core.y.ready, 0)
            found.append(results)
            await soft_reset(context)

    simulate(core, bench)
    assert len(found) > 20
    for results in found:
        np.testing.assert_array_equal(results, expected)


def test_verify_finds_no_difference_and_a_package_passes_its_bench(tmp_path: Path) -> None:
    design = design_of(config_of(STOP))
    found = hwgen.verify(design, samples=50)
    assert found.ok and found.samples == 50
    hwgen.generate(design, tmp_path)
    result = run_bench(tmp_path, "verilator")
    assert result.returncode == 0 and "PASS" in result.stdout, result.stdout


def test_boards_connect_no_further_pins() -> None:
    assert emit_top(design_of(config_of(LOGARITHMIC)), BOARDS["ulx3s-85f"], 25e6).ports == {
        name: 3 if name == "led" else 1 for name in ("clk", "rst", "rx", "tx", "led")
    }


def test_a_machine_starts_with_the_errors_of_its_design() -> None:
    config = config_of(STOP, rate=1e-6, mode="frozen", seed=9)
    registers = register_map(config)
    resets = {
        name: registers.register(name).fields[0].reset for name in ("error_threshold", "error_seed", "error_mode")
    }
    assert resets == {"error_threshold": 17, "error_seed": 9, "error_mode": 1}
    assert BayesConfig.parse(config.parameters()) == config
    default = BayesConfig.parse(STOP | {"memory": "emulated"})
    assert default.errors is not None and default.errors.threshold == 0 and default.initialised
    needs = design_of(config).needs
    assert needs.cycles_per_sample == max(config.slots, config.interval)
    assert "injection" in [block.name for block in needs.blocks]


def test_machines_with_other_memories_keep_their_hash() -> None:
    plain = BayesConfig.parse(STOP)
    assert not {"memory", "array", "errors"} & set(plain.parameters())
    assert "errors" not in BayesConfig.parse(STOP | ARRAY).parameters()
    assert config_of(STOP).hash not in (plain.hash, config_of(STOP, seed=8).hash)


ARRAY = {"memory": "array", "array": {"clock_hz": 1_000_000}}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"errors": {"rate": 0.6}}, "bayes.errors.rate must be 0 or between 1e-06 and 0.5, not 0.6"),
        ({"errors": {"rate": -0.1}}, "bayes.errors.rate must be 0 or between 1e-06 and 0.5, not -0.1"),
        ({"errors": {"rate": 5e-7}}, "bayes.errors.rate must be 0 or between 1e-06 and 0.5, not 5e-07"),
        ({"errors": {"mode": "stuck"}}, "bayes.errors.mode must be one of 'transient' or 'frozen', not 'stuck'"),
        ({"errors": {"seed": 2**32}}, "bayes.errors.seed must be at most 4294967295, not 4294967296"),
        ({"errors": {"seed": -1}}, "bayes.errors.seed must be at least 0, not -1"),
        ({"errors": None}, 'bayes.errors must be a table with memory = "emulated", or be left out'),
        ({"memory": "bram"}, 'bayes.errors has no meaning with memory = "bram"; leave it out'),
        (ARRAY, 'bayes.errors has no meaning with memory = "array"; leave it out'),
        ({"array": {"clock_hz": 1_000_000}}, 'bayes.array has no meaning with memory = "emulated"; leave it out'),
    ],
)
def test_what_cannot_be_is_refused_by_name(change: dict[str, Any], message: str) -> None:
    values = STOP | {"memory": "emulated", "errors": {"rate": 0.1}} | change
    with pytest.raises(DesignError) as caught:
        BayesConfig.parse(values)
    assert message in str(caught.value)


def test_set_errors_refuses_what_a_design_file_may_not_have() -> None:
    model = BayesModel(config_of(STOP))
    for rate in (0.51, -1.0, 1e-7, float("nan"), float("inf")):
        with pytest.raises(HwgenError, match=r"^bayes.errors.rate must be 0 or between 1e-06 and 0.5, not "):
            model.set_errors(rate)
    with pytest.raises(HwgenError, match=r"bayes.errors.mode must be one of 'transient' or 'frozen', not 'other'"):
        model.set_errors(0.1, "other")
    for rate in ("a", None, True, 1j):
        with pytest.raises(HwgenError, match=r"bayes.errors.rate must be a number, not "):
            model.set_errors(rate)
    with pytest.raises(HwgenError, match=r"bayes.errors.mode must be a string, not 1"):
        model.set_errors(0.1, 1)
    for seed, message in ((1.5, "an integer, not 1.5"), (-1, "at least 0, not -1"), (1 << 32, "at most 4294967295")):
        with pytest.raises(HwgenError, match=f"bayes.errors.seed must be {message}"):
            model.set_errors(0.1, "frozen", seed)
    assert model.set_errors(np.float32(0.5), seed=np.uint32(3)) == 0.5
    with pytest.raises(HwgenError, match=r'errors can be set in machines with bayes.memory = "emulated" only'):
        BayesModel(BayesConfig.parse(STOP)).set_errors(0.1)
