"""Packages of equilibrium-propagation machines: the bench trains the machine."""

import json
import re
from pathlib import Path

import pytest

import hwgen
from rtl_tests.emit.run_bench import run_bench
from rtl_tests.ep.machines import tiny
from sim.golden.ep import EPModel


@pytest.mark.requires_icarus
def test_the_bench_works_through_a_stream_narrower_than_a_payload(tmp_path: Path) -> None:
    folder = tmp_path / "package"
    hwgen.generate(tiny(stream_bits=32), folder, stream="axi4stream", stream_width=8)
    passed = run_bench(folder, "icarus")
    # The core waits for its payloads, so the golden model does not say how long it works.
    assert passed.returncode == 0 and "PASS: 64 results equal the golden model's" in passed.stdout


@pytest.mark.requires_icarus
def test_the_bench_fails_when_the_cycle_counter_or_one_input_bit_is_another(tmp_path: Path) -> None:
    folder = tmp_path / "package"
    hwgen.generate(tiny(), folder)
    bench = (folder / "dut_tb.sv").read_text()
    counter = re.search(r"    while \(received < 32 .*\n    expect_word\(32'h[0-9a-f]+, 32'h([0-9a-f]+)\);", bench)
    assert counter is not None
    altered = counter[0].replace(counter[1], f"{int(counter[1], 16) + 1:08x}")
    (folder / "dut_tb.sv").write_text(bench.replace(counter[0], altered))
    failed = run_bench(folder, "icarus")
    assert failed.returncode != 0 and "FAIL: 1 mismatches" in failed.stdout

    hwgen.generate(tiny(), folder)
    # The learn bit of the first sample that is learnt from.
    payloads, beats = (folder / "dut_x.hex").read_text().split(), tiny().config.sample_beats
    first = next(line for line in range(beats - 1, len(payloads), beats) if int(payloads[line], 16) & 1)
    payloads[first] = f"{int(payloads[first], 16) ^ 1:02x}"
    (folder / "dut_x.hex").write_text("\n".join(payloads) + "\n")
    failed = run_bench(folder, "icarus")
    assert failed.returncode != 0 and f"MISMATCH: result {first // beats}" in failed.stdout


@pytest.mark.requires_icarus
def test_a_machine_with_weights_starts_with_them(tmp_path: Path) -> None:
    design = tiny()
    model = EPModel(design.config)
    model.initialise(99)
    weights = model.dump()
    design = type(design)("dut", design.core, design.config, weights)
    folder = tmp_path / "package"
    hwgen.generate(design, folder)
    manifest = json.loads((folder / "manifest.json").read_text())
    assert manifest["content_hash"] == f"{weights.digest:016x}" and not (folder / "dut_load.hex").exists()
    passed = run_bench(folder, "icarus")
    assert passed.returncode == 0, passed.stdout + passed.stderr


def test_the_vectors_are_a_mixture_of_learning_and_inference() -> None:
    design = tiny()
    vectors = hwgen.api.golden_vectors(design)
    learn = vectors.x[design.config.sample_beats - 1 :: design.config.sample_beats, 0] & 1
    assert len(vectors.x) == 64 * design.config.sample_beats and 32 <= learn.sum() < 64
    assert vectors.full_speed == 32
