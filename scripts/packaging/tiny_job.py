#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes a small job into a folder: random images as the NumPy arrays of a data set (data/), and tiny.json, the
configuration of a network that trains on them within a second. For tests of installations, which have no data set.
usage: tiny_job.py FOLDER"""
import os
import random
import struct
import sys

CONFIG = """{"name": "tiny", "dataset": "numpy", "image_size": 8, "network": {"kind": "resnet", "patch": 1, "stem": {"channels": 16},
 "stages": [{"channels": 16, "blocks": 2, "stride": 2, "folded": true}]}, "epochs": 2, "batch": 16, "quantization": {"fp8_epochs": 1}}
"""


def write_array(path, kind, shape, data):
    """As numpy.lib.format has it, version 1."""
    header = "{'descr': '%s', 'fortran_order': False, 'shape': %s, }" % (kind, shape)
    header += " " * (-(10 + len(header) + 1) % 64) + "\n"
    with open(path, "wb") as file:
        file.write(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode() + data)


def main():
    folder = sys.argv[1]
    data = os.path.join(folder, "data")
    os.makedirs(data, exist_ok=True)
    draw = random.Random(1)
    for half, count in (("train", 64), ("test", 32)):
        write_array(f"{data}/{half}_images.npy", "|u1", (count, 8, 8, 1), bytes(draw.randrange(256) for _ in range(count * 64)))
        write_array(f"{data}/{half}_labels.npy", "<i8", (count,), struct.pack(f"<{count}q", *(i % 2 for i in range(count))))
    with open(os.path.join(folder, "tiny.json"), "w", encoding="utf-8") as file:
        file.write(CONFIG)


main()
