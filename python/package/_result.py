# SPDX-License-Identifier: Apache-2.0
"""What stages return: their JSON (docs/result-files.md), with keys as attributes and lists of rows as arrays."""
import json
from typing import Any, Iterable, Mapping

import numpy


class Result(dict):
    """A JSON object of a result; `result.accuracy_hw` is `result["accuracy_hw"]`."""

    def __getattr__(self, key: str) -> Any:
        try:
            return self[key]
        except KeyError:
            raise AttributeError(f"the result has no '{key}'; it has {', '.join(self)}") from None

    @staticmethod
    def parse(text: str) -> "Result":
        return json.loads(text, object_hook=Result)


def _numbers(row: Mapping[str, Any], before: str = "") -> dict[str, float]:
    found: dict[str, float] = {}
    for key, value in row.items():
        if isinstance(value, Mapping):
            found.update(_numbers(value, f"{before}{key}."))
        elif isinstance(value, (int, float)):
            found[before + key] = value
    return found


def columns(rows: Iterable[Mapping[str, Any]]) -> dict[str, numpy.ndarray]:
    """Arrays of the numbers that all rows have, by key; those of an object within a row are "object.key".

    columns(run.layers)["cycles"] has one value a layer.
    """
    numbers = [_numbers(row) for row in rows]
    if not numbers:
        return {}
    common = [key for key in numbers[0] if all(key in row for row in numbers)]
    return {key: numpy.array([row[key] for row in numbers]) for key in common}
