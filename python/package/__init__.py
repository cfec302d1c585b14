# SPDX-License-Identifier: Apache-2.0
"""Train, compress, compile and execute sparse networks on a model of their accelerator.

The functions are the stages of the command `whitedwarf`: the same options, the same files in the folder `out`, the same results.
docs/python.md is the guide.
"""
from ._native import CompressedModel, Error, Model, Outcome, Program, WeightSet, __version__
from ._result import Result, columns
from ._stages import STAGES
from ._stages import *  # noqa: F403: what the program declares

__all__ = ["CompressedModel", "Error", "Model", "Outcome", "Program", "Result", "WeightSet", "columns", *STAGES]
