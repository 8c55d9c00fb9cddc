"""Rows of two tables in the same order, read side by side: neither is held in memory whole."""

from collections.abc import Callable, Iterable, Iterator
from itertools import groupby
from typing import Any

from blocker.cases.rows import Row


def by_seq(found: Iterable[Row]) -> Callable[[int], list[Row]]:
    """Return what gives, for rising numbers of events, the rows that belong to each."""
    return aside(found, "seq")


def aside(found: Iterable[Row], column: str) -> Callable[[Any], list[Row]]:
    """Return what gives, for rising values of a column, the rows that have it."""
    groups: Iterator[tuple[Any, Iterator[Row]]] = groupby(found, key=lambda row: row[column])
    at: list[Any] = [None, []]

    def rows_of(value: Any) -> list[Row]:
        while at[0] is None or at[0] < value:
            key, rows = next(groups, (None, iter(())))
            if key is None:
                return []
            at[:] = key, list(rows)
        return at[1] if at[0] == value else []

    return rows_of
