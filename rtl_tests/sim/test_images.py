"""Images as samples of a machine: what is cut, averaged and scaled, and what is refused."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hwgen.errors import HwgenError
from hwgen.samples import check_inputs
from sim.images import Images, ImageSplit, check_fit, load_images, to_samples
from sim.stream import CHUNK, Order, TrainingStream


@dataclass(frozen=True)
class Machine:
    """As much of a config as images need."""

    inputs: int
    pixel_bits: int = 8
    classes: int = 10


def images(pixels: np.ndarray, bits: int = 8, labels: int = 10) -> Images:
    """Images of shape ``(n, height, width)``, classes in turn."""
    count, height, width = pixels.shape
    flat = pixels.reshape(count, -1).astype(np.uint8)
    return Images("some", flat, np.arange(count) % labels, height, width, bits)


def mnist_like(count: int = 20, side: int = 28) -> Images:
    return images(np.random.default_rng(0).integers(0, 256, (count, side, side)))


def idx(array: np.ndarray, magic: int) -> bytes:
    return b"".join(word.to_bytes(4, "big") for word in (magic, *array.shape)) + array.astype(np.uint8).tobytes()


def write_idx(folder: Path, **parts: np.ndarray) -> None:
    """``train`` and ``t10k``, shape ``(n, height, width)``, with classes in turn."""
    folder.mkdir(parents=True)
    for part, pixels in parts.items():
        (folder / f"{part}-images-idx3-ubyte").write_bytes(idx(pixels, 0x0803))
        (folder / f"{part}-labels-idx1-ubyte").write_bytes(idx(np.arange(len(pixels)) % 10, 0x0801))


def test_digits_are_split_once_and_for_all() -> None:
    train, test = load_images("digits")
    assert (len(train), len(test)) == (1347, 450)
    assert (train.height, train.width, train.bits, train.pixels.max()) == (8, 8, 4, 15)
    assert load_images("digits").digest() == load_images("digits").digest()
    assert not set(map(bytes, train.pixels)) & set(map(bytes, test.pixels))


def test_a_folder_and_mnist_below_hwgen_data_are_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pixels = np.random.default_rng(1).integers(0, 256, (12, 3, 5))
    write_idx(tmp_path / "mnist", train=pixels, t10k=pixels[:4])
    monkeypatch.setenv("HWGEN_DATA", str(tmp_path))
    train, test = load_images("mnist")
    assert (train.height, train.width, train.bits, len(test)) == (3, 5, 8, 4)
    assert np.array_equal(train.pixels, pixels.reshape(12, 15))
    assert load_images(tmp_path / "mnist").digest() == load_images("mnist").digest()


def test_missing_data_say_what_to_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HWGEN_DATA", raising=False)
    with pytest.raises(
        HwgenError, match=r"data mnist needs HWGEN_DATA: set it to the folder that holds mnist/ \(it is"
    ):
        load_images("mnist")
    monkeypatch.setenv("HWGEN_DATA", str(tmp_path))
    with pytest.raises(HwgenError, match=f"in {tmp_path} there is none"):
        load_images("mnist")
    with pytest.raises(HwgenError, match=r"data must be digits, mnist or a folder .* not 'cifar'"):
        load_images("cifar")
    with pytest.raises(HwgenError, match="train-images-idx3-ubyte is missing"):
        load_images(tmp_path)


def test_a_whole_image_is_taken_as_it_is() -> None:
    some = mnist_like()
    assert np.array_equal(to_samples(Machine(784), some.pixels, some), some.pixels)


@pytest.mark.parametrize(("side", "first"), [(22, 3), (20, 4), (21, 3)])
def test_a_smaller_square_is_the_centre(side: int, first: int) -> None:
    some = mnist_like()
    centre = some.pixels.reshape(-1, 28, 28)[:, first : first + side, first : first + side]
    assert np.array_equal(to_samples(Machine(side**2), some.pixels, some), centre.reshape(len(some), -1))


def test_a_square_that_divides_the_image_is_of_means_rounded_down() -> None:
    some = mnist_like()
    got = to_samples(Machine(196), some.pixels, some).reshape(-1, 14, 14)
    assert got[3, 5, 7] == some.pixels.reshape(-1, 28, 28)[3, 10:12, 14:16].astype(int).sum() // 4
    assert to_samples(Machine(16), np.full((1, 64), 255, np.uint8), images(np.zeros((1, 8, 8)))).max() == 255


@pytest.mark.parametrize(
    ("bits", "wanted", "pixels", "expected"),
    [
        (8, 8, [0, 63, 255], [0, 63, 255]),
        (8, 4, [0, 15, 16, 255], [0, 0, 1, 15]),
        (8, 2, [63, 64, 255], [0, 1, 3]),
        (8, 1, [63, 64, 255], [0, 1, 1]),
        (4, 1, [3, 4, 15], [0, 1, 1]),
        (4, 2, [3, 4, 15], [0, 1, 3]),
        (4, 8, [1, 15], [16, 240]),
    ],
)
def test_pixels_are_scaled_by_their_upper_bits_and_to_one_bit_at_a_quarter(
    bits: int, wanted: int, pixels: list[int], expected: list[int]
) -> None:
    row = np.array(pixels, np.uint8)[None, None]
    some = images(row, bits)
    assert to_samples(Machine(len(pixels), wanted), some.pixels, some).tolist() == [expected]


@pytest.mark.parametrize(
    ("inputs", "classes", "message"),
    [
        (500, 10, r"do not fit 500 inputs; .* must be 784, or a smaller square, such as 196 \(14 x 14\) or 484 \(22 x"),
        (900, 10, "do not fit 900 inputs"),
        (784, 4, "some has 10 classes, but the machine only 4"),
    ],
)
def test_a_machine_that_does_not_fit_is_refused(inputs: int, classes: int, message: str) -> None:
    with pytest.raises(HwgenError, match=message):
        check_fit(Machine(inputs, classes=classes), ImageSplit(mnist_like(), mnist_like()))


def test_parts_of_two_sizes_are_refused() -> None:
    with pytest.raises(HwgenError, match=r"test images of some must be of 28 x 28 .* not 8 x 8"):
        check_fit(Machine(784), ImageSplit(mnist_like(), mnist_like(side=8)))


@pytest.mark.parametrize(
    ("samples", "message"),
    [
        (np.zeros((2, 3), int), r"samples must have shape \(n, 4\), one input a column, not \(2, 3\)"),
        (np.zeros((2, 4)), r"samples must be integers of 0 to 3 \(pixel_bits\), not float64"),
        ([[0, 1, 2, 4]], "samples must lie between 0 and 3 .*, not 0 to 4"),
    ],
)
def test_samples_that_are_none_are_refused(samples: np.ndarray, message: str) -> None:
    with pytest.raises(HwgenError, match=message):
        check_inputs(Machine(4, pixel_bits=2), samples)


def stream(seed: int = 0, shift: int = 0, order: Order = Order.SHUFFLED) -> TrainingStream:
    many = images(np.random.default_rng(2).integers(0, 256, (CHUNK + 50, 6, 6)))
    return TrainingStream(Machine(36), many, seed, shift, order)


def test_an_epoch_holds_every_sample_once_in_an_order_of_its_own() -> None:
    whole = stream()
    epochs = [np.vstack([whole.chunk(epoch, start)[0] for start in (0, CHUNK)]) for epoch in (0, 1)]
    for epoch in epochs:
        assert sorted(map(bytes, epoch)) == sorted(map(bytes, whole.images.pixels))
    assert not np.array_equal(*epochs)
    in_order = stream(order=Order.FILE)
    assert np.array_equal(in_order.chunk(3, CHUNK)[0], in_order.images.pixels[CHUNK:])
    assert np.array_equal(in_order.chunk(3, CHUNK)[1], in_order.images.labels[CHUNK:])


def test_a_chunk_is_a_function_of_seed_epoch_and_place_alone() -> None:
    first = stream(seed=3, shift=2)
    forwards = [first.chunk(epoch, start)[0] for epoch in (0, 1) for start in (0, CHUNK)]
    backwards = [stream(seed=3, shift=2).chunk(epoch, start)[0] for epoch in (1, 0) for start in (CHUNK, 0)]
    assert all(map(np.array_equal, forwards, reversed(backwards)))
    assert not np.array_equal(stream(seed=4, shift=2).chunk(0, 0)[0], forwards[0])


def test_samples_are_moved_anew_in_each_epoch() -> None:
    moved = stream(shift=1, order=Order.FILE)
    first, second = (moved.chunk(epoch, 0)[0].reshape(-1, 6, 6) for epoch in (0, 1))
    still = moved.images.pixels[:CHUNK].reshape(-1, 6, 6)
    assert not np.array_equal(first, second)
    assert 0.05 < np.mean([np.array_equal(*pair) for pair in zip(first, still, strict=True)]) < 0.2  # 1 of 9


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"seed": -1}, "seed must lie between 0 and 4294967295, not -1"),
        ({"shift": 6}, "shift must lie between 0 and 5 pixels for images of 6 x 6, not 6"),
        ({"shift": -1}, "shift must lie between 0 and 5"),
        ({"seed": 1.5}, "seed must be an integer, not 1.5"),
        ({"seed": "a"}, "seed must be an integer, not 'a'"),
        ({"seed": True}, "seed must be an integer, not True"),
        ({"shift": 0.5}, "shift must be an integer, not 0.5"),
    ],
)
def test_seeds_and_shifts_out_of_range_are_refused(values: dict[str, Any], message: str) -> None:
    with pytest.raises(HwgenError, match=message):
        stream(**values)
