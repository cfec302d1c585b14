#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The training step of `whitedwarf bench train` in PyTorch, on the same networks, batch and optimizer.

Masks: --method sort   each layer's scores are sorted at every use of its weights (edge-popup as published; a folded
                       layer is used once per iteration)
       --method fast   one introselect (numpy.partition) per layer and step
       --method dense  no mask: the weights themselves are trained
Prints one JSON object: medians in milliseconds after two steps of warm-up (cpu_ms: of all threads on a processor),
and the process's peak memory.
Needs Debian's python3-torch and python3-numpy. Times hold for one machine: compare ratios measured side by side.
"""
import argparse
import json
import os
import resource
import statistics
import time

CONFIGS = ("mlp", "hfn", "resnet18", "hfn_resnet50")
BATCH, CLASSES, KEPT = 128, 10, 0.3


def read_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--network", choices=CONFIGS, required=True)
    parser.add_argument("--method", choices=("sort", "fast", "dense"), default="sort")
    parser.add_argument("--bf16", action="store_true", help="bf16 autocast")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--steps", type=int, default=10)
    return parser.parse_args()


arguments = read_arguments()
# Debian's PyTorch takes some virtual machines for AVX2 ones; OpenBLAS has threads of its own, which would fight
# with PyTorch's over the cores.
os.environ.setdefault("ATEN_CPU_CAPABILITY", "avx512")
os.environ["OPENBLAS_NUM_THREADS"] = "1"
os.environ["OMP_NUM_THREADS"] = str(arguments.threads)

import numpy
import torch
from torch import nn
from torch.nn import functional

torch.set_num_threads(arguments.threads)
torch.manual_seed(1)


def flat(tensor):
    """A view in the order of memory (channels last)."""
    return (tensor.permute(0, 2, 3, 1) if tensor.dim() == 4 else tensor).view(-1)


class TopScores(torch.autograd.Function):
    """1 for the KEPT largest scores, 0 for the others; the gradient passes straight through."""

    @staticmethod
    def forward(context, scores):
        pruned = int((1 - KEPT) * scores.numel())
        if arguments.method == "fast":
            threshold = float(numpy.partition(flat(scores).numpy(), pruned)[pruned])
            return (scores >= threshold).to(scores.dtype)
        order = flat(scores).sort().indices
        mask = torch.empty_like(scores)
        flat(mask)[order[:pruned]] = 0
        flat(mask)[order[pruned:]] = 1
        return mask

    @staticmethod
    def backward(context, gradient):
        return gradient


class Clock:
    """Time spent in masks within one forward pass."""
    seconds = 0.0


class Masked(nn.Module):
    """Frozen signed-constant weights under a learned mask, or trained weights."""

    def __init__(self, *shape):
        super().__init__()
        fan_in = numpy.prod(shape[1:])
        constant = (2 / (fan_in * KEPT)) ** 0.5
        self.weight = nn.Parameter(constant * torch.randn(shape).sign(), requires_grad=arguments.method == "dense")
        self.kept = None
        if arguments.method != "dense":
            self.scores = nn.Parameter(torch.empty(shape))
            nn.init.kaiming_uniform_(self.scores, a=5 ** 0.5)

    def effective(self):
        if arguments.method == "dense":
            return self.weight
        if self.kept is not None:
            return self.kept
        begin = time.perf_counter()
        # Outside of autocast: scores and weights are FP32.
        weight = self.weight * TopScores.apply(self.scores.abs())
        Clock.seconds += time.perf_counter() - begin
        if arguments.method == "fast":
            self.kept = weight
        return weight


class Linear(Masked):
    def forward(self, x):
        return functional.linear(x, self.effective())


class Conv(Masked):
    def __init__(self, inputs, outputs, kernel, stride=1):
        super().__init__(outputs, inputs, kernel, kernel)
        self.stride, self.pad = stride, kernel // 2

    def forward(self, x):
        return functional.conv2d(x, self.effective(), stride=self.stride, padding=self.pad)


class Block(nn.Module):
    """A residual block; `iterations` > 1 shares its convolutions, each iteration with norms of its own."""

    def __init__(self, inputs, channels, stride, bottleneck, project, iterations=1):
        super().__init__()
        outputs = 4 * channels if bottleneck else channels
        if bottleneck:
            sizes = [(inputs, channels, 1, 1), (channels, channels, 3, stride), (channels, outputs, 1, 1)]
        else:
            sizes = [(inputs, channels, 3, stride), (channels, outputs, 3, 1)]
        self.convs = nn.ModuleList(Conv(*size) for size in sizes)
        self.norms = nn.ModuleList(
            nn.ModuleList(nn.BatchNorm2d(size[1]) for size in sizes) for _ in range(iterations))
        self.shortcut = None
        if project or stride != 1 or inputs != outputs:
            self.shortcut = nn.Sequential(Conv(inputs, outputs, 1, stride), nn.BatchNorm2d(outputs))

    def forward(self, x):
        for norms in self.norms:
            y = x
            for i, (conv, norm) in enumerate(zip(self.convs, norms)):
                y = norm(conv(y))
                if i + 1 < len(self.convs):
                    y = functional.relu(y)
            x = functional.relu(y + (self.shortcut(x) if self.shortcut else x))
        return x


def resnet(image_channels, stem, stages, bottleneck, always_project=False):
    """@param stages (channels, blocks, stride, folded) each"""
    layers = [Conv(image_channels, stem, 3), nn.BatchNorm2d(stem), nn.ReLU()]
    inputs = stem
    for channels, blocks, stride, folded in stages:
        layers.append(Block(inputs, channels, stride, bottleneck, always_project))
        inputs = 4 * channels if bottleneck else channels
        if folded:
            layers.append(Block(inputs, channels, 1, bottleneck, False, blocks - 1))
        else:
            layers += [Block(inputs, channels, 1, bottleneck, False) for _ in range(blocks - 1)]
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), Linear(CLASSES, inputs))


def mlp():
    sizes, layers = (784, 512, 512), []
    for inputs, outputs in zip(sizes, sizes[1:]):
        layers += [Linear(outputs, inputs), nn.BatchNorm1d(outputs), nn.ReLU()]
    return nn.Sequential(*layers, Linear(CLASSES, sizes[-1]))


def make_network(name):
    """The network and its input's shape."""
    if name == "mlp":
        return mlp(), (784,)
    if name == "hfn":  # the image's 4x4 patches are its channels
        return resnet(16, 32, [(32, 2, 1, True), (64, 3, 2, True), (128, 3, 2, True)], False, True), (16, 7, 7)
    if name == "resnet18":
        return resnet(3, 64, [(64 << s, 2, min(s, 1) + 1, False) for s in range(4)], False), (3, 32, 32)
    blocks = (3, 4, 6, 3)
    return resnet(3, 64, [(64 << s, blocks[s], min(s, 1) + 1, s >= 2) for s in range(4)], True), (3, 32, 32)


class StepBench:
    def __init__(self, network, shape):
        self.network = network
        self.masked = [m for m in network.modules() if isinstance(m, Masked)]
        self.inputs = [torch.randn(BATCH, *shape) for _ in range(4)]
        self.labels = [torch.randint(CLASSES, (BATCH,)) for _ in range(4)]
        if len(shape) == 3:
            self.network = network.to(memory_format=torch.channels_last)
            self.inputs = [x.contiguous(memory_format=torch.channels_last) for x in self.inputs]
        trained = [p for p in network.parameters() if p.requires_grad]
        self.optimizer = torch.optim.SGD(trained, lr=0.1, momentum=0.9, weight_decay=5e-4)
        self.loss = nn.CrossEntropyLoss()

    def step(self, number):
        """Seconds: masks, forward and loss without the masks, backward, update; and on processors, of it all."""
        Clock.seconds, cpu_begin = 0.0, time.process_time()
        for layer in self.masked:
            layer.kept = None
        at = [time.perf_counter()]
        self.optimizer.zero_grad(set_to_none=True)
        if arguments.method == "fast":
            for layer in self.masked:
                layer.effective()
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=arguments.bf16):
            scores = self.network(self.inputs[number % 4])
            loss = self.loss(scores.float(), self.labels[number % 4])
        at.append(time.perf_counter())
        loss.backward()
        at.append(time.perf_counter())
        self.optimizer.step()
        at.append(time.perf_counter())
        forward, backward, update = (b - a for a, b in zip(at, at[1:]))
        return (Clock.seconds, forward - Clock.seconds, backward, update), time.process_time() - cpu_begin


def main():
    network, shape = make_network(arguments.network)
    bench = StepBench(network, shape)
    times, cpu = zip(*[bench.step(n) for n in range(2 + arguments.steps)][2:])

    def median_ms(values):
        return 1000 * statistics.median(values)

    step = median_ms(map(sum, times))
    print(json.dumps({
        "network": arguments.network,
        "method": arguments.method,
        "precision": "bf16" if arguments.bf16 else "fp32",
        "threads": torch.get_num_threads(),
        "batch": BATCH,
        "weights": sum(m.weight.numel() for m in bench.masked),
        "steps": arguments.steps,
        "step_ms": step,
        "fastest_ms": 1000 * min(map(sum, times)),
        "cpu_ms": median_ms(cpu),
        "mask_ms": median_ms(t[0] for t in times),
        "forward_ms": median_ms(t[1] for t in times),
        "backward_ms": median_ms(t[2] for t in times),
        "update_ms": median_ms(t[3] for t in times),
        "images_per_second": 1000 * BATCH / step,
        "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }))


main()
