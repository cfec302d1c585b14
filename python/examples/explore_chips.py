# SPDX-License-Identifier: Apache-2.0
"""Compare chips for a trained network: which are not beaten in cycles and energy.

usage: explore_chips.py OUT MODEL DATA, with the folder of a compressed model (train_and_measure.py)
"""
import os
import sys

import whitedwarf

out, model, data = sys.argv[1:4]
study = {
    "name": "windows", "models": [os.path.abspath(model)], "images": 2,
    "space": {"window": [2, 4], "entries": [1, 2]}, "objectives": ["cycles", "total_pj"],
}
found = whitedwarf.explore(config=study, data=data, out=out, no_confirm=True)

# %% All points as arrays.
points = whitedwarf.columns(found.points)
print("numbers of a point:", ", ".join(points))
for point in found.points:
    print("*" if point["front"] else " ", point["values"])
