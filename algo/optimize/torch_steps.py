#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Writes torch_steps.inc: what PyTorch's optimizers do, in FP64, to four weights. Needs Debian's python3-torch.
# Run: /usr/bin/python3 torch_steps.py > torch_steps.inc
import torch

CASES = [
    ("sgd", dict(momentum=0.0, weight_decay=0.01)),
    ("sgd", dict(momentum=0.9, weight_decay=0.0005)),
    ("sgd", dict(momentum=0.875, nesterov=True, weight_decay=0.01)),
    ("adamw", dict(betas=(0.9, 0.999), eps=1e-8, weight_decay=0.01)),
    ("adamw", dict(betas=(0.8, 0.95), eps=1e-3, weight_decay=0.25)),
]


def rate(step):
    return 0.125 / step


def gradient(step):
    return torch.tensor([((5 * i + 3 * step) % 7 - 3) / 8 for i in range(4)], dtype=torch.float64)


print("// Made by torch_steps.py with PyTorch", torch.__version__ + ": values after steps 1, 2 and 6.")
for kind, options in CASES:
    weights = torch.tensor([-0.75, 0.0, 0.5, 2.0], dtype=torch.float64, requires_grad=True)
    make = torch.optim.SGD if kind == "sgd" else torch.optim.AdamW
    optimizer = make([weights], lr=rate(1), **options)
    rows = []
    for step in range(1, 7):
        for group in optimizer.param_groups:
            group["lr"] = rate(step)
        weights.grad = gradient(step)
        optimizer.step()
        if step in (1, 2, 6):
            rows.append("{" + ", ".join(f"{x:.12f}" for x in weights.tolist()) + "}")
    print("{{" + ", ".join(rows) + "}},")
