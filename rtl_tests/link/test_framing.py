"""The frame codec of the host: COBS, CRC, requests and responses."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hwgen.bus.link.protocol import Info, Opcode
from sim.backends.framing import (
    FrameError,
    Request,
    Response,
    Splitter,
    cobs_decode,
    cobs_encode,
    crc16,
    frame,
    unframe,
)

ZERO_RICH = st.lists(st.integers(0, 255) | st.just(0), max_size=600).map(bytes)


@pytest.mark.parametrize(
    ("content", "encoded"),
    [  # the examples in Cheshire and Baker's paper and in its Wikipedia article
        ("00", "0101"),
        ("0000", "010101"),
        ("00110000", "0102110101"),
        ("11220033", "0311220233"),
        ("11223344", "0511223344"),
        ("11000000", "0211010101"),
        (bytes(range(1, 255)).hex(), "ff" + bytes(range(1, 255)).hex() + "01"),
        (bytes(range(255)).hex(), "01ff" + bytes(range(1, 255)).hex() + "01"),
        (bytes(range(1, 256)).hex(), "ff" + bytes(range(1, 255)).hex() + "02ff"),
    ],
)
def test_cobs_of_known_content(content: str, encoded: str) -> None:
    assert cobs_encode(bytes.fromhex(content)).hex() == encoded
    assert cobs_decode(bytes.fromhex(encoded)).hex() == content


@given(ZERO_RICH)
def test_cobs_has_no_zero_and_comes_back(content: bytes) -> None:
    encoded = cobs_encode(content)
    assert 0 not in encoded
    assert len(encoded) <= len(content) + len(content) // 254 + 1
    assert cobs_decode(encoded) == content


@pytest.mark.parametrize("encoded", ["00", "03", "0311", "051122", "03110002", "021100"])
def test_what_cobs_cannot_have_made_is_refused(encoded: str) -> None:
    with pytest.raises(FrameError, match="no COBS group"):
        cobs_decode(bytes.fromhex(encoded))


def test_crc_has_the_published_check_value() -> None:
    assert crc16(b"123456789") == 0x29B1


@given(ZERO_RICH, st.integers(0, 10**6))
def test_one_flipped_bit_in_the_content_is_always_noticed(content: bytes, position: int) -> None:
    sent = bytearray(cobs_decode(frame(content)[:-1]))
    assert unframe(cobs_encode(bytes(sent))) == content
    byte, bit = divmod(position % (8 * len(sent)), 8)
    sent[byte] ^= 1 << bit
    with pytest.raises(FrameError, match="wrong CRC"):
        unframe(cobs_encode(bytes(sent)))


def test_a_request_byte_by_byte() -> None:
    request = Request(Opcode.WRITE, 1, 0x0000_0104, np.array([0x1122_3300], np.uint32))
    content = bytes.fromhex("07 20 01 04010000 00332211")
    assert unframe(request.frame(7)[:-1]) == content
    assert request.frame(7).hex(" ") == "06 07 20 01 04 01 01 01 06 33 22 11 66 f1 00"


@given(
    st.integers(0, 255),
    st.integers(0, 255),
    st.lists(st.integers(0, 2**32 - 1), max_size=60),
    st.integers(0, 255),
    st.integers(0, 255),
)
def test_a_response_comes_back(number: int, opcode: int, words: list[int], status: int, count: int) -> None:
    response = Response(number, opcode, np.array(words, np.uint32), status, count)
    encoded = response.frame()
    assert len(encoded) <= 248
    parsed = Response.parse(encoded[:-1])
    assert (parsed.number, parsed.opcode, parsed.payload.tolist(), parsed.status, parsed.count) == (
        number,
        opcode,
        words,
        status,
        count,
    )


@pytest.mark.parametrize("content", [b"", b"\x01\x02\x03", b"\x01\x02\x03\x04\x05"])
def test_what_is_no_response_is_refused(content: bytes) -> None:
    with pytest.raises(FrameError, match="no response has"):
        Response.parse(frame(content)[:-1])


@given(st.lists(ZERO_RICH.map(frame), max_size=5), st.lists(st.integers(0, 3000), max_size=5))
def test_the_splitter_finds_frames_wherever_the_reads_end(frames: list[bytes], cuts: list[int]) -> None:
    line = b"\x00".join(frames)
    edges = [0, *sorted(min(cut, len(line)) for cut in cuts), len(line)]
    splitter = Splitter()
    found = [part for start, end in itertools.pairwise(edges) for part in splitter.feed(line[start:end])]
    assert found == [encoded[:-1] for encoded in frames]


def test_the_boards_parameters_come_back() -> None:
    info = Info(version=1, window=4, most_words=60, x_bits=4711, y_bits=70, y_words=512)
    assert Info.from_words(info.to_words()) == info
