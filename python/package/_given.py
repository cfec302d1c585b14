# SPDX-License-Identifier: Apache-2.0
"""Values that stages read from files: an object becomes a JSON file, arrays a safetensors file, both in the folder `out`.

The JSON file stays there, since results name it in the commands that repeat them; a refused call leaves the folder as it was.
"""
import json
import os
import pathlib
from typing import Any, Mapping, Optional

from . import _native


def _array(value: Any) -> Any:
    """A tensor of PyTorch as an array: what follows knows NumPy only."""
    if not hasattr(value, "detach"):
        return value
    if str(value.dtype) == "torch.bfloat16":
        raise _native.Error("a tensor is torch.bfloat16, which NumPy lacks; give it as .float()")
    return value.detach().cpu().contiguous().numpy()


def arrays_of(value: Any) -> Optional[dict]:
    """Arrays by name, of a mapping or of what has a state_dict; None for anything else."""
    if hasattr(value, "state_dict"):
        value = value.state_dict()
    return {name: _array(one) for name, one in value.items()} if isinstance(value, Mapping) else None


class Given:
    """The files of one call."""

    def __init__(self, out: Any) -> None:
        self._out = pathlib.Path(out)
        self._missing = [one for one in (self._out, *self._out.parents) if not one.exists()]
        self._former: dict[pathlib.Path, Optional[bytes]] = {}
        self._shown: dict[str, str] = {}
        self._passing: list[pathlib.Path] = []

    def _path(self, keyword: str, ending: str) -> pathlib.Path:
        path = self._out / f"given-{keyword}.{ending}"
        try:
            self._out.mkdir(parents=True, exist_ok=True)
            self._former[path] = path.read_bytes() if path.exists() else None
        except OSError as error:
            raise _native.Error(f"{error.filename}: {error.strerror}; choose another --out") from None
        self._shown[str(path)] = keyword
        return path

    def json(self, keyword: str, value: Mapping) -> pathlib.Path:
        try:
            text = json.dumps(value, indent=1, allow_nan=False) + "\n"
        except (TypeError, ValueError) as error:
            raise _native.Error(f"{keyword}: is no JSON: {error}") from None
        path = self._path(keyword, "json")
        partial = path.with_name(f"{path.name}.{os.getpid()}.partial")
        partial.write_text(text)
        partial.replace(path)
        return path

    def tensors(self, keyword: str, arrays: Mapping) -> pathlib.Path:
        path = self._path(keyword, "safetensors")
        self._passing.append(path)
        _native.write_tensors(path, dict(arrays), keyword)
        return path

    def message(self, text: str) -> str:
        for path, keyword in self._shown.items():
            text = text.replace(path, keyword)
        return text

    def end(self, refused: bool) -> None:
        for path, former in self._former.items():
            if path in self._passing or (refused and former is None):
                path.unlink(missing_ok=True)
            elif refused and former is not None:
                path.write_bytes(former)
        if refused:
            for folder in self._missing:
                try:
                    folder.rmdir()
                except OSError:
                    break  # it has more, or was never made
