"""The register map: addresses assigned in order, and what is derived from them."""

import pytest

from hwgen.bayes.config import BayesConfig
from hwgen.bayes.registers import register_map
from hwgen.bayes.stimulus import BayesStimulus
from hwgen.bus.common import core_map
from hwgen.bus.map import Access, Field, Register, RegisterMap, Window


def register(name: str, *widths: int, access: Access = Access.READ) -> Register:
    return Register(name, access, "", tuple(Field(f"f{index}", "", width) for index, width in enumerate(widths)))


def window(name: str, *shape: int) -> Window:
    return Window(name, "", 8, tuple(f"i{index}" for index in range(len(shape))), shape)


def test_registers_follow_each_other_from_address_0() -> None:
    chart = RegisterMap((register("a", 1), register("b", 64), register("c", 32), register("d", 33), register("e", 8)))
    assert [chart.base(name) for name in "abcde"] == [0, 4, 12, 16, 24]
    assert chart.span == 28
    assert chart.address_bits == 5
    assert [(address, entry.name, word) for address, entry, word in chart.words()] == [
        (0, "a", 0), (4, "b", 0), (8, "b", 1), (12, "c", 0), (16, "d", 0), (20, "d", 1), (24, "e", 0),
    ]  # fmt: skip


def test_fields_are_packed_from_bit_0() -> None:
    entry = register("a", 3, 1, 8)
    assert [entry.lsb(field) for field in entry.fields] == [0, 3, 4]
    assert entry.width == 12
    assert entry.field("f2").width == 8
    with pytest.raises(KeyError, match="register a has no field 'x'"):
        entry.field("x")


def test_windows_are_aligned_to_their_size_and_indices_to_powers_of_two() -> None:
    chart = RegisterMap((register("a", 1),), (window("w", 3, 5, 2), window("v", 1, 100)))
    assert chart.window("w").index_bits == (2, 3, 1)
    assert chart.window("w").strides == (16, 2, 1)
    assert chart.window("w").words == 64
    assert chart.base("w") == 256
    assert chart.window("v").index_bits == (0, 7)
    assert chart.base("v") == 512
    assert chart.span == 1024


def test_mistakes_in_a_map_are_refused() -> None:
    with pytest.raises(ValueError, match="two entries of a register map share a name"):
        RegisterMap((register("a", 1), register("a", 2))).base("a")
    with pytest.raises(ValueError, match="two entries of a register map share a name"):
        RegisterMap((register("a", 1),), (window("a", 2),)).base("a")
    with pytest.raises(ValueError, match="the register map needs 8589934592 bytes; 32 address bits reach 4 GiB"):
        RegisterMap((register("a", 1),), (window("w", 1 << 30),)).base("a")
    for access in (Access.READ_WRITE, Access.STROBE, Access.STICKY):
        with pytest.raises(ValueError, match="register a is 33 bits wide: only 'ro' registers may exceed 32"):
            register("a", 33, access=access)


def test_the_common_registers_are_at_the_same_addresses_in_every_core() -> None:
    expected = {
        "identity": 0, "config_hash": 4, "content_hash": 12, "control": 20, "status": 24, "errors": 28,
        "interrupt_mask": 32, "interrupt_pending": 36, "busy_cycles": 40, "samples": 48,
    }  # fmt: skip
    bare = core_map(errors=(Field("any", ""),))
    bayes = register_map(BayesConfig(mode="logarithmic", rows=64, bins=(4096,)))
    for chart in (bare, bayes):
        assert {name: chart.base(name) for name in expected} == expected
        assert chart.register("control").lsb(chart.register("control").field("soft_reset")) == 0
        assert chart.register("status").lsb(chart.register("status").field("busy")) == 0


@pytest.mark.parametrize(("rows", "bins"), [(2, (2,)), (3, (5, 2, 4)), (64, (4096, 2)), (5, (3,) * 64)])
def test_every_likelihood_has_an_address_of_its_own_in_the_window(rows: int, bins: tuple[int, ...]) -> None:
    config = BayesConfig(mode="logarithmic", rows=rows, bins=bins, prior=True, feedback=True)
    stimulus = BayesStimulus(config)
    addresses = stimulus.likelihood_addresses().tolist()
    assert len(set(addresses)) == len(addresses) == sum(config.stream_bins) * rows
    assert min(addresses) == stimulus.map.base("likelihoods")
    assert max(addresses) < stimulus.map.span
    assert not any(address % 4 for address in addresses)
