"""Single-event upsets: every bit of state can be inverted, and golden model and RTL agree on what follows."""

from collections.abc import Iterator

import numpy as np
import pytest

from hwgen.bayes.config import BayesConfig
from hwgen.bayes.driver import BayesDriver
from hwgen.bayes.table import LikelihoodTable
from hwgen.design import Design
from hwgen.emit.verilog import Verilog
from hwgen.errors import HwgenError
from rtl_tests.bayes.designs import make_design
from sim.backends.upsets import Register, UpsetTransport, registers
from sim.experiments import ber_target
from sim.experiments.ber import Part
from sim.experiments.ber_target import NEVER, WATCHED, Target
from sim.experiments.ber_upsets import KINDS, kinds_of
from sim.golden.bayes import BayesModel
from sim.golden.bayes_upsets import Upset, UpsetModel, decide_with_upset, with_upset

CONFIG = BayesConfig.parse(
    {"mode": "stochastic", "rows": 3, "bins": [2, 3], "likelihood_bits": 4, "initialised": False, "seeds": [1, 6]}
)
TABLE = LikelihoodTable.for_config(CONFIG, [[[15, 7, 3], [9, 15, 1]], [[15, 2, 8], [4, 15, 15], [6, 6, 15]]])
SAMPLES = np.array([[0, 0], [1, 1], [0, 2], [1, 0], [0, 1], [1, 2]])
DECISIONS = BayesModel(CONFIG, TABLE).infer(SAMPLES).decisions


@pytest.fixture(scope="module")
def design() -> tuple[Design, Verilog]:
    bare = make_design(CONFIG, None, "struck")
    return make_design(CONFIG, TABLE, "struck"), bare.verilog()


@pytest.fixture(scope="module")
def target(design: tuple[Design, Verilog]) -> Iterator[Target]:
    part = Part(None, SAMPLES, SAMPLES, np.where(SAMPLES[:, 0] == 0, DECISIONS, 3))  # type: ignore[arg-type]
    with Target(*design, part) as target:
        yield target


def register(design: tuple[Design, Verilog], path: str) -> Register:
    return next(each for each in registers(design[1].text, "struck") if each.path == path)


def test_all_state_is_found_and_is_of_a_kind(design: tuple[Design, Verilog]) -> None:
    found = registers(design[1].text, "struck")
    assert len({each.path for each in found}) == len(found)
    assert register(design, "memory.column_1") == Register("memory", "column_1", 12, 3)
    assert register(design, "engine.generators.column_0.state") == Register("engine.generators.column_0", "state", 4)
    # No line of the Verilog declares state that is not known by its name.
    assert sum(design[1].text.count(f" reg {bits}") for bits in ("[", "\\", *"abcdefghijklmnopqrstuvwxyz_")) == len(
        found
    )
    by_kind = kinds_of(found)
    assert set(KINDS) - set(by_kind) == {"row sums"}
    assert sum(len(held) for held in by_kind.values()) == len(found)
    with pytest.raises(ValueError, match=r"engine\.mystery is of no kind"):
        kinds_of([Register("engine", "mystery", 1)])


def test_the_logarithmic_machine_has_nothing_else() -> None:
    config = BayesConfig.parse({"mode": "logarithmic", "rows": 3, "bins": [2, 3, 2], "initialised": False})
    by_kind = kinds_of(registers(make_design(config, None, "struck").verilog().text, "struck"))
    assert set(KINDS) - set(by_kind) == {"random numbers (LFSR)", "random bits", "row counters"}


def test_an_upset_inverts_one_bit_once(design: tuple[Design, Verilog]) -> None:
    verilog = design[1]
    ports = verilog.ports
    transport = UpsetTransport(verilog.text, "struck", ports["x_payload"], ports["y_payload"], limit=200)
    try:
        driver = BayesDriver(transport, CONFIG)
        driver.load(TABLE)
        payloads = driver.stimulus.pack_samples(SAMPLES)
        expected = driver.stimulus.pack_results(BayesModel(CONFIG, TABLE).infer(SAMPLES))
        memory = register(design, "memory.column_1")
        found, times = transport.upset(payloads, 6, memory, 0, 0, NEVER)
        np.testing.assert_array_equal(found, expected)
        assert driver.dump() == TABLE
        assert (np.diff(times) == CONFIG.slots).all() and times[0] == CONFIG.slots + CONFIG.latency

        transport.upset(payloads, 6, memory, 2, 9, 3)
        assert driver.dump() == with_upset(CONFIG, TABLE, 1, 2, 9)
        assert driver.dump().streams[1][2].tolist() == [6, 6, 15 ^ 2]

        # A sample is lost: its result does not come.
        driver.load(TABLE)
        found, _ = transport.upset(payloads, 6, register(design, "memory.offered"), 0, 0, 10)
        assert len(found) == 5
        for word, bit, wrong in ((3, 0, memory), (0, 12, memory), (0, 0, Register("memory", "column_2", 12, 3))):
            with pytest.raises(HwgenError, match=rf"no bit {bit} in word {word} of {wrong.path}"):
                transport.upset(payloads, 6, wrong, word, bit, 0)
    finally:
        transport.close()


@pytest.mark.parametrize(
    ("path", "bits"),
    [
        ("engine.generators.column_0.state", (0, 1, 2, 3)),
        ("engine.generators.column_1.state", (2,)),
        ("engine.counts", (0, 6, 11)),
    ],
)
def test_golden_model_and_rtl_agree_about_upsets_in_any_clock(
    design: tuple[Design, Verilog], target: Target, path: str, bits: tuple[int, ...]
) -> None:
    """Among them those that make the state of a generator 0, where it stays until the next decision."""
    effects = [
        target.strike(register(design, path), 0, bit, clock)
        for clock in range(2 * CONFIG.slots + CONFIG.latency)
        for bit in bits
    ]
    assert all(effect.predicted for effect in effects)
    assert all(effect.samples is not None and effect.wrong <= 1 for effect in effects)
    assert any(effect.wrong for effect in effects)


def test_a_wrong_prediction_is_seen(
    design: tuple[Design, Verilog], target: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    counts = register(design, "engine.counts")
    assert target.strike(counts, 0, 3, 12).predicted
    monkeypatch.setattr(
        ber_target,
        "decide_with_upset",
        lambda config, table, sample, upset: BayesModel(config, table).infer(sample[None]),
    )
    assert target.strike(counts, 0, 3, 12).predicted is False


def test_a_memory_bit_stays_wrong_until_it_is_loaded_again(design: tuple[Design, Verilog], target: Target) -> None:
    effect = target.strike(register(design, "memory.column_0"), 0, 3, 20)
    assert (effect.samples, effect.remedy, effect.predicted) == (None, "loading the likelihoods", True)
    later = BayesModel(CONFIG, with_upset(CONFIG, TABLE, 0, 0, 3)).infer(SAMPLES).decisions
    assert effect.lasting == (later != DECISIONS).sum() > 0
    right = SAMPLES[:, 0] == 0  # the samples that have the class decided
    assert effect.right_lasting == ((later == DECISIONS) & right).sum() < target.right == right.sum()
    assert target.strike(register(design, "memory.column_0"), 0, 3, NEVER).wrong == 0  # it is as good as new again


def test_what_brings_the_machine_back_is_found(design: tuple[Design, Verilog], target: Target) -> None:
    loaded = target.strike(register(design, "loaded"), 0, 0, 20)
    assert (loaded.samples, loaded.remedy) == (None, "loading the likelihoods")
    # Four samples have been read by then; all others are flagged.
    assert (loaded.wrong, loaded.changed, loaded.lasting) == (2 * len(SAMPLES) + WATCHED - 4, WATCHED - 4, len(SAMPLES))
    assert loaded.right_lasting == 0 < loaded.right < loaded.right_undisturbed
    lost = target.strike(register(design, "memory.offered"), 0, 0, 10)
    assert (lost.samples, lost.remedy) == (None, "soft reset")
    pending = target.strike(register(design, "interrupts.happened"), 0, 0, 20)
    assert (pending.wrong, pending.samples, pending.clocks, pending.remedy) == (0, 0, 0, "")


def test_recovery_is_counted_from_the_upset_to_the_last_wrong_result(
    design: tuple[Design, Verilog], target: Target
) -> None:
    """The count of the decision under way loses its highest bit half way: one result is wrong."""
    first = CONFIG.slots + CONFIG.latency  # clock of the first result
    counts = register(design, "engine.counts")
    effects = [target.strike(counts, 0, 3, clock) for clock in range(first - 8, first - 4)]
    wrong = [effect for effect in effects if effect.wrong]
    assert wrong
    for effect in wrong:
        assert (effect.samples, effect.clocks) == (1, first - effect.clock + 1)


def test_an_upset_counter_wraps_and_a_locked_generator_gives_no_ones() -> None:
    exact = BayesModel(CONFIG, TABLE).infer(SAMPLES[:1]).scores[0]
    last = decide_with_upset(CONFIG, TABLE, SAMPLES[0], Upset("counter", 1, 2, CONFIG.cycles - 1)).scores[0]
    assert last.tolist() == [exact[0], exact[1] ^ 4, exact[2]]
    first = decide_with_upset(CONFIG, TABLE, SAMPLES[0], Upset("counter", 0, 3, 0)).scores[0]
    assert exact[0] == 15 and first[0] == (15 + 8) % 16  # it counts all cycles
    # Seed 1 without its bit is 0.
    assert not decide_with_upset(CONFIG, TABLE, SAMPLES[0], Upset("generator", 0, 0, 0)).scores.any()
    with pytest.raises(HwgenError, match='stop = "fixed"'):
        UpsetModel(BayesConfig.parse(CONFIG.parameters() | {"stop": "first"}), TABLE, Upset("counter", 0, 0, 0))
