# SPDX-License-Identifier: Apache-2.0
"""Bring a network that PyTorch has trained. Without PyTorch, the same arrays come from NumPy.

usage: bring_pytorch.py OUT DATA, with a folder of NumPy arrays (docs/training.md, "numpy")
"""
import sys

import numpy

import whitedwarf

out, data = sys.argv[1:3]
images = numpy.load(f"{data}/train_images.npy")
pixels, classes = images[0].size, int(numpy.load(f"{data}/train_labels.npy").max()) + 1
hidden = 16

# %% The network, with the names that layers have here (repository "own").
try:
    import torch

    class Network(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.fc1 = torch.nn.Linear(pixels, hidden, bias=False)
            self.fc1.norm = torch.nn.BatchNorm1d(hidden)
            self.classifier = torch.nn.Linear(hidden, classes, bias=False)

    network = Network()
except ImportError:
    random = numpy.random.default_rng(1)
    network = {
        "fc1.weight": random.standard_normal((hidden, pixels), dtype=numpy.float32),
        "fc1.norm.weight": numpy.ones(hidden, numpy.float32),
        "fc1.norm.bias": numpy.zeros(hidden, numpy.float32),
        "fc1.norm.running_mean": numpy.zeros(hidden, numpy.float32),
        "fc1.norm.running_var": numpy.ones(hidden, numpy.float32),
        "classifier.weight": random.standard_normal((classes, hidden), dtype=numpy.float32),
    }

# %% A module, its state_dict or arrays by name: no file in between. The configuration says how images become its input.
config = {"dataset": "numpy", "network": {"kind": "mlp", "hidden": [hidden]}, "supermask": {"method": "dense"}, "batch": 16}
imported = whitedwarf.import_network(file=network, config=config, data=data, out=out, repository="own")
print(f"{imported.weights} weights, accuracy {imported.accuracy_fp32:.1%}; on the chip: {imported.accuracy_hw or imported.no_hardware}")
