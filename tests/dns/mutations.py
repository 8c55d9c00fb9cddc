"""Packets that are nearly right: a corpus with octets changed, cut out, put in, repeated and counts that lie."""

from collections.abc import Sequence

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

# The suite draws the same packets every time; `make soak` draws others, from seeds that it prints.
SEEDED = settings(derandomize=True, deadline=None, database=None, suppress_health_check=[HealthCheck.data_too_large])

MOST = 65535
_LONGEST_SEED = 1200  # what is longer than that is tried as it stands; hypothesis is slow with it


@st.composite
def mutated(draw: st.DrawFn, corpus: Sequence[bytes]) -> bytes:
    """Draw a packet of the corpus and spoil it in up to three places."""
    packet = bytearray(draw(st.sampled_from([one for one in corpus if len(one) <= _LONGEST_SEED])))
    for _ in range(draw(st.integers(1, 3))):
        how = draw(st.sampled_from(_WAYS))
        how(draw, packet)
    return bytes(packet[:MOST])


def _replace(draw: st.DrawFn, packet: bytearray) -> None:
    at = draw(st.integers(0, len(packet)))
    packet[at : at + draw(st.integers(0, 3))] = draw(st.binary(max_size=4))


def _flip(draw: st.DrawFn, packet: bytearray) -> None:
    if packet:
        packet[draw(st.integers(0, len(packet) - 1))] ^= 1 << draw(st.integers(0, 7))


def _lie(draw: st.DrawFn, packet: bytearray) -> None:
    if len(packet) >= 12:
        at = draw(st.sampled_from([4, 6, 8, 10]))
        packet[at : at + 2] = draw(st.sampled_from([b"\0\0", b"\0\1", b"\0\2", b"\xff\xff"]))


def _cut(draw: st.DrawFn, packet: bytearray) -> None:
    del packet[draw(st.integers(0, len(packet))) :]


def _repeat(draw: st.DrawFn, packet: bytearray) -> None:
    begin = draw(st.integers(0, len(packet)))
    part = packet[begin : begin + draw(st.integers(1, 40))]
    packet += part * draw(st.integers(1, 30))


def _point(draw: st.DrawFn, packet: bytearray) -> None:
    at = draw(st.integers(0, len(packet)))
    packet[at : at + 2] = (0xC000 | draw(st.integers(0, len(packet) + 4))).to_bytes(2, "big")


# Most change octets where they stand, so that much of what is spoiled can still be read and decided on.
_WAYS = (_flip, _flip, _flip, _flip, _point, _point, _replace, _lie, _cut, _repeat)
