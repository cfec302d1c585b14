# SPDX-License-Identifier: Apache-2.0
"""Compares one training step of each kind of network and mask with PyTorch's autograd. Run by torch_check.sh.

The program (torch_check.cpp) writes networks, inputs and what its executor makes of them in FP32. Here the networks are
rebuilt from torch.nn.functional in FP64; loss, scores, gradients and running statistics must agree.
"""
import json
import pathlib
import subprocess
import sys
import tempfile

import torch
import torch.nn.functional as F

BOUND, NOISE = 1e-4, 1e-6  # of a tensor's length; of gradients that vanish


def tensor(values, *shape):
    return torch.tensor(values, dtype=torch.float64).reshape(*shape)


def norm(parameters, x):
    """x: B x C x H x W."""
    gamma, beta = parameters["gamma"], parameters["beta"]
    if parameters["kind"] == "batch":
        return F.batch_norm(x, parameters["running_mean"], parameters["running_variance"], gamma, beta, training=True)
    if parameters["kind"] == "layer":
        return F.layer_norm(x.permute(0, 2, 3, 1), gamma.shape, gamma, beta, eps=1e-6).permute(0, 3, 1, 2)
    return x * gamma[:, None, None] + beta[:, None, None]


def mix(weights, x):
    """Tokens are positions; a token's shape is that of a square map or a column."""
    tokens_in, tokens_out = weights.shape[1], weights.shape[0]
    y = F.linear(x.flatten(2), weights.reshape(tokens_out, tokens_in))
    side = x.shape[2]
    return y.reshape(*y.shape[:2], side, side) if tokens_out == side * side else y.unsqueeze(-1)


def run(step, weights, norms, x):
    values = {0: x}
    for node in step["nodes"]:
        y = values[node["input"]]
        kernel, stride, pad = node["kernel"], node["stride"], node["pad"]
        if node["kind"] == "conv":
            y = F.conv2d(y, weights[node["weights"]], None, stride, pad)
        elif node["kind"] == "token_mix":
            y = mix(weights[node["weights"]], y)
            if node["residual"] >= 0:
                y = y.reshape(values[node["residual"]].shape)
        elif node["kind"] == "max_pool":
            y = F.max_pool2d(y, kernel, stride, pad)
        elif node["kind"] == "average_pool":
            y = F.adaptive_avg_pool2d(y, 1) if (kernel, stride) == (1, 1) else F.avg_pool2d(y, kernel, stride, pad)
        if node["norm"] >= 0:
            y = norm(norms[node["norm"]], y)
        if node["residual"] >= 0:
            y = y + values[node["residual"]]
        values[node["output"]] = {"relu": F.relu, "gelu": F.gelu, "none": lambda t: t}[node["activation"]](y)
    return values[step["nodes"][-1]["output"]].flatten(1)


def far(found, expected):
    """How far apart two tensors are, in units of what is allowed."""
    found = tensor(found, -1)
    expected = expected.detach().reshape(-1)
    return ((found - expected).norm() / (BOUND * expected.norm() + NOISE)).item()


def compare(step):
    height, width, channels = step["shape"]
    x = tensor(step["input"], height, width, step["batch"], channels).permute(2, 3, 0, 1)
    # Taps x I x O to O x I x taps.
    weights = [tensor(w["value"], *w["shape"]).permute(3, 2, 0, 1).contiguous().requires_grad_() for w in step["weights"]]
    norms = []
    for n in step["norms"]:
        count = len(n["gamma"])
        norms.append({"kind": n["kind"], "running_mean": torch.zeros(count, dtype=torch.float64),
                      "running_variance": torch.ones(count, dtype=torch.float64),
                      "gamma": tensor(n["gamma"], -1).requires_grad_(n["learned"]),
                      "beta": tensor(n["beta"], -1).requires_grad_(n["learned"])})
    scores = run(step, weights, norms, x)
    loss = sum(share * F.cross_entropy(scores, torch.tensor(step[key]), label_smoothing=step["smoothing"])
               for share, key in ((step["lambda"], "labels"), (1 - step["lambda"], "partners")))
    loss.backward()
    distances = {"loss": far([step["loss"]], loss), "scores": far(step["scores"], scores)}
    for w, value in zip(step["weights"], weights):
        distances["gradient of " + w["name"]] = far(w["gradient"], value.grad.permute(2, 3, 1, 0))
    for n, value in zip(step["norms"], norms):
        for key in ("gamma", "beta"):
            gradient = value[key].grad if n["learned"] else torch.zeros_like(value[key])
            distances[f"gradient of {n['name']} {key}"] = far(n["d" + key], gradient)
        if n["kind"] == "batch":
            distances["running mean of " + n["name"]] = far(n["mean"], value["running_mean"])
            distances["running variance of " + n["name"]] = far(n["variance"], value["running_variance"])
    worst = max(distances, key=lambda what: distances[what] if distances[what] == distances[what] else float("inf"))
    print(f"{step['name']}: {len(distances)} tensors, farthest {worst}: {distances[worst] * BOUND:.1e}")
    return all(distance < 1 for distance in distances.values())


def main():
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as name:
        subprocess.run([sys.argv[1], name], check=True)
        files = sorted(pathlib.Path(name).glob("*.json"), key=lambda path: int(path.stem))
        agree = [compare(json.loads(path.read_text())) for path in files]
    if not agree or not all(agree):
        sys.exit(f"FAILED: {agree.count(False)} of {len(agree)} networks differ from PyTorch")


main()
