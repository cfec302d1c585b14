# SPDX-License-Identifier: Apache-2.0
"""Compares the interchange with PyTorch and ONNX, in both directions. Run by pytorch_agreement.sh.

For small networks with the module names of three repositories: PyTorch's state dict and ONNX exports go through the
program (pytorch_agreement.cpp), which computes the same scores; its safetensors and ONNX files come back and load into
PyTorch (strict) and ONNX's checker, with the same scores. Of networks of tokens there are ONNX exports alone. The
safetensors reader and writer here are this file's own.
"""
import json
import pathlib
import struct
import subprocess
import sys
import tempfile

import numpy as np
import onnx
import onnx.numpy_helper
import torch
import torch.nn.functional as F

from pytorch_networks import Masked, Mmcls, Plain, TokenMlp, WithConvClassifier

TYPES = {"F32": np.float32, "I64": np.int64, "U8": np.uint8}


def write_safetensors(path, tensors):
    header, blobs, end = {"__metadata__": {"format": "pt"}}, [], 0
    for name, tensor in tensors.items():
        array = np.ascontiguousarray(tensor.detach().numpy())
        dtype = next(key for key, value in TYPES.items() if value == array.dtype)
        header[name] = {"dtype": dtype, "shape": list(tensor.shape), "data_offsets": [end, end + array.nbytes]}
        end += array.nbytes
        blobs.append(array.tobytes())
    text = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + b"".join(blobs))


def read_safetensors(path):
    data = path.read_bytes()
    (length,) = struct.unpack("<Q", data[:8])
    tensors = {}
    for name, entry in json.loads(data[8 : 8 + length]).items():
        if name != "__metadata__":
            begin, end = (8 + length + offset for offset in entry["data_offsets"])
            array = np.frombuffer(data[begin:end], dtype=TYPES[entry["dtype"]]).reshape(entry["shape"])
            tensors[name] = torch.from_numpy(array.copy())
    return tensors


def stages(*rows):
    keys = ("channels", "blocks", "stride", "folded")
    return [dict(zip(keys, row)) for row in rows]


def resnet(block, stem, affine, *rows):
    return {"kind": "resnet", "block": block, "affine": affine, "stages": stages(*rows),
            "stem": dict(zip(("kernel", "stride", "channels", "max_pool"), stem))}


def cases():
    large = resnet("bottleneck", (7, 2, 16, True), "none", (8, 2, 1, False), (16, 2, 2, False))
    small = resnet("basic", (3, 1, 16, False), "none", (16, 2, 1, False), (32, 2, 2, False))
    fold = resnet("bottleneck", (3, 1, 8, False), "folds", (8, 2, 1, False), (16, 4, 2, True))
    coats = resnet("bottleneck", (7, 2, 16, True), "all", (8, 2, 1, False), (16, 2, 2, False))
    conv2 = {"kind": "conv", "depth": 2, "width": 0.25, "norm": False}
    fc = {"kind": "mlp", "hidden": [30, 20], "norm": False}
    hn, hfn, msup = "hidden-networks", "hidden-fold-networks", "multicoated-supermasks"
    yield "large", hn, large, (3, 32), [0.5], lambda: WithConvClassifier(large, "layer", "downsample", False)
    yield "small", hn, small, (3, 16), [0.5], lambda: WithConvClassifier(small, "layer", "shortcut", False)
    yield "conv2", hn, conv2, (3, 16), [0.5], lambda: Plain([(3, 16), (16, 16)], [(1024, 64), (64, 64), (64, 10)])
    yield "fc", hn, fc, (1, 8), [0.5], lambda: Plain([], [(64, 30), (30, 20), (20, 10)])
    yield "fold", hfn, fold, (3, 16), [0.7], lambda: WithConvClassifier(fold, "stage_", "shortcut", False)
    yield "coats", msup, coats, (3, 32), [0.7, 0.9212, 0.9685], lambda: Mmcls(coats)


def token_cases():
    yield "res_mlp", lambda: TokenMlp(12, 4, None, False)
    yield "mixer", lambda: TokenMlp(12, 4, 7, True)
    yield "mixer_conv1d", lambda: TokenMlp(12, 4, 7, True, conv1d=True)


def run_onnx(path, x):
    """The operators that the program writes, by PyTorch's functions in FP64."""
    onnx.checker.check_model(str(path))
    graph = onnx.load(str(path)).graph
    values = {t.name: torch.from_numpy(onnx.numpy_helper.to_array(t).copy()) for t in graph.initializer}
    values = {name: v.double() if v.is_floating_point() else v for name, v in values.items()}
    values[graph.input[0].name] = x.double()
    for node in graph.node:
        a = {attribute.name: onnx.helper.get_attribute_value(attribute) for attribute in node.attribute}
        i = [values[name] for name in node.input]
        values[node.output[0]] = {
            "Conv": lambda: F.conv2d(i[0], i[1], i[2] if len(i) > 2 else None, a["strides"], a["pads"][:2]),
            "BatchNormalization": lambda: F.batch_norm(i[0], i[3], i[4], i[1], i[2], eps=a["epsilon"]),
            "Relu": lambda: F.relu(i[0]),
            "Add": lambda: i[0] + i[1],
            "MaxPool": lambda: F.max_pool2d(i[0], a["kernel_shape"], a["strides"], a["pads"][:2]),
            "GlobalAveragePool": lambda: F.adaptive_avg_pool2d(i[0], 1),
            "Flatten": lambda: i[0].flatten(1),
            "Gemm": lambda: F.linear(i[0], i[1], i[2] if len(i) > 2 else None),
        }[node.op_type]()
    return values[graph.output[0].name]


def effective_copy(make, model):
    """The same network without masks: its weights are the effective ones."""
    state = {}
    for name, module in model.named_modules():
        if isinstance(module, Masked):
            state[name + ".weight"] = module.effective().detach()
    Masked.dense = True
    copy = make()
    Masked.dense = False
    state = {**{k: v for k, v in model.state_dict().items() if k in copy.state_dict()}, **state}
    copy.load_state_dict(state, strict=True)
    return copy.eval()


def export_inputs(folder):
    described = []
    for name, repository, network, (channels, side), pruned, make in cases():
        Masked.pruned = pruned
        Masked.key, Masked.rule = ("score", "percentile") if repository.startswith("multi") else ("scores", "count")
        model = make().eval()
        x = torch.randn(1, channels, side, side)
        write_safetensors(folder / f"{name}.safetensors", {"module." + k: v for k, v in model.state_dict().items()})
        write_safetensors(folder / f"{name}.values", {"x": x, "y": model(x)})
        dense = effective_copy(make, model)
        for mode in (torch.onnx.TrainingMode.EVAL, torch.onnx.TrainingMode.PRESERVE):
            path = folder / f"{name}.{mode.name.lower()}.onnx"
            torch.onnx.export(dense, x, str(path), opset_version=13, training=mode)
        described.append({"name": name, "repository": repository, "network": network, "channels": channels,
                          "side": side, "pruned": pruned})
    for name, make in token_cases():
        model, x, files = make().eval(), torch.randn(1, 3, 12, 12), []
        write_safetensors(folder / f"{name}.values", {"x": x, "y": model(x)})
        for opset in (13, 17):
            for axes in (None, {"x": {0: "batch"}}):
                files.append(f".{opset}.{'fixed' if axes is None else 'open'}.onnx")
                torch.onnx.export(model, x, str(folder / (name + files[-1])), opset_version=opset, input_names=["x"],
                                  dynamic_axes=axes)
        described.append({"name": name, "onnx": files})
    (folder / "cases.json").write_text(json.dumps(described))


def compare(what, values, expected):
    difference = ((values - expected).abs().max() / expected.abs().max()).item()
    print(f"{what}: {difference:.1e} of the largest score")
    if not difference < 1e-4:
        sys.exit(f"{what} differs")


def check_outputs(folder):
    for name, repository, network, (channels, side), pruned, make in cases():
        Masked.pruned = pruned
        Masked.key, Masked.rule = ("score", "percentile") if repository.startswith("multi") else ("scores", "count")
        values = read_safetensors(folder / f"{name}.values")
        model = make().eval()
        model.load_state_dict(read_safetensors(folder / f"{name}.back.safetensors"), strict=True)
        compare(f"{name}: exported state in PyTorch", model(values["x"]), values["y"])
        compare(f"{name}: exported ONNX file", run_onnx(folder / f"{name}.back.onnx", values["x"]), values["y"])


def main():
    torch.manual_seed(1)
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as name, torch.no_grad():
        folder = pathlib.Path(name)
        export_inputs(folder)
        subprocess.run([sys.argv[1], name], check=True)
        check_outputs(folder)


main()
