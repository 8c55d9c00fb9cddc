"""A bounded memory whose values in use outlive a flood of others, and in which making room costs nothing."""

from collections.abc import Callable
from typing import Generic, TypeVar

Value = TypeVar("Value")


class Halves(Generic[Value]):
    """Two dictionaries: values are put into the young one, which becomes the old one when it is full.

    What is asked for in the old half moves to the young one, the rest goes with it: names in use outlive a flood of
    others, and making room costs nothing.
    """

    def __init__(self, values: int, octets: int, octets_of: Callable[[bytes, Value], int]) -> None:
        self.young: dict[bytes, Value] = {}
        self._old: dict[bytes, Value] = {}
        self._octets = 0
        self._most, self._most_octets, self._octets_of = values // 2, octets // 2, octets_of

    def __len__(self) -> int:
        return len(self.young) + len(self._old)

    def get(self, key: bytes) -> Value | None:
        """Return the value of a key, or None."""
        return self.young.get(key) or self.from_old(key)

    def from_old(self, key: bytes) -> Value | None:
        """Return the value of a key that is not in the young half, and take it there."""
        value = self._old.pop(key, None)
        if value is not None:
            self.put(key, value)
        return value

    def put(self, key: bytes, value: Value) -> None:
        """Keep a value."""
        self.young[key] = value
        self._octets += self._octets_of(key, value)
        if len(self.young) >= self._most or self._octets >= self._most_octets:
            self._old, self.young, self._octets = self.young, {}, 0

    def pop(self, key: bytes) -> None:
        """Forget the value of a key."""
        self.young.pop(key, None)
        self._old.pop(key, None)

    def drop(self, belongs: Callable[[bytes], bool]) -> int:
        """Forget the values of all keys that `belongs` names, and return how many they were."""
        found = [(half, key) for half in (self.young, self._old) for key in half if belongs(key)]
        for half, key in found:
            del half[key]
        return len(found)
