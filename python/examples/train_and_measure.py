# SPDX-License-Identifier: Apache-2.0
"""Train a network, put it on the chip, read what the chip does with it.

usage: train_and_measure.py [OUT [DATA]]; without DATA: Fashion-MNIST, Debian's package
"""
import sys

import whitedwarf

out = sys.argv[1] if len(sys.argv) > 1 else "first"
data = sys.argv[2] if len(sys.argv) > 2 else None

# The configuration of a training is an object (docs/training.md has its keys), or the path of a JSON file.
config = {
    "name": "first", "dataset": "numpy" if data else "fashion-mnist",
    "network": {"kind": "mlp", "hidden": [32]}, "supermask": {"pruned": [0.7]}, "epochs": 2, "batch": 16 if data else 250,
}

# %% Train. A call that is interrupted with Ctrl-C goes on from its checkpoint when it is repeated.
trained = whitedwarf.train(config=config, data=data, out=out, progress=lambda label, share, note: print(f"{label} {share:.0%} {note}"))
print(f"accuracy on the chip: {trained.accuracy_hw:.1%}")

# %% Code the weights, compile a program, run it on the engines.
whitedwarf.compress(out=out, data=data)
whitedwarf.compile(out=out)
run = whitedwarf.run(out=out, data=data, engines=["golden", "fast"], images=32)
print(f"cycles per image: {run.engines.fast.cycles:.0f}, engines agree: {run.equal['values']}")

# %% Tables become arrays.
layers = whitedwarf.columns(run.layers)
for layer, cycles in zip(run.layers, layers["cycles"]):
    print(f"{layer['name']:12} {cycles:8.0f} cycles")

# %% The files as objects: the mask that was found, the program on images of one's own.
model = whitedwarf.Model(f"{out}/model.wdm")
for name, weights in model.weights.items():
    print(f"{name}: {weights.levels.shape}, {(weights.levels != 0).mean():.0%} kept")
