#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Own images, as NumPy arrays and as a folder of pictures: trained, compiled and run with labels; what is refused.
# usage: own_data_test.sh WHITEDWARF
set -Eeuo pipefail
trap 'echo "FAILED at line $LINENO: $BASH_COMMAND" >&2' ERR
bin=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
fail() { echo "FAILED: $1" >&2; exit 1; }
done_with() { "$bin" "$@" >"$work/stdout" 2>"$work/stderr" || fail "$*: $(tail -n 1 "$work/stderr")"; }
refused() { # refused EXPECTED ARGS: fails with one line that has EXPECTED
  local expected=$1 status=0
  shift
  "$bin" "$@" >"$work/stdout" 2>"$work/stderr" || status=$?
  [ $status -eq 1 ] && [ "$(grep -c ^error: "$work/stderr")" -eq 1 ] && grep -F -- "$expected" "$work/stderr" >/dev/null ||
    fail "$*: status $status, expected '$expected', got: $(cat "$work/stderr")"
}

# Two kinds of images, bright above or below: the same pixels as arrays (written as numpy.lib.format says) and as pictures.
cat >"$work/make.py" <<'EOF'
import os, random, struct, sys
work = sys.argv[1]
random.seed(1)
def npy(path, descr, shape, data, version=1):
    header = "{'descr': '%s', 'fortran_order': False, 'shape': %s, }" % (descr, shape)
    size = 10 if version == 1 else 12
    header += " " * (-(size + len(header) + 1) % 64) + "\n"
    open(path, "wb").write(b"\x93NUMPY" + bytes([version, 0]) + struct.pack("<H" if version == 1 else "<I", len(header)) + header.encode() + data)
for half, count, version in (("train", 96, 1), ("test", 40, 2)):
    labels = [i % 2 for i in range(count)]
    images = [bytes(min(255, (160 if (y < 4) == (label == 0) else 30) + random.randrange(60)) for y in range(8) for x in range(8) for c in range(3)) for label in labels]
    os.makedirs(work + "/arrays", exist_ok=True)
    npy(f"{work}/arrays/{half}_images.npy", "|u1", (count, 8, 8, 3), b"".join(images), version)
    npy(f"{work}/arrays/{half}_labels.npy", "<i8", (count,), struct.pack(f"<{count}q", *labels), version)
    for i, (label, image) in enumerate(zip(labels, images)):
        folder = f"{work}/pictures/{half}/{'bright above' if label == 0 else 'dark above'}"
        os.makedirs(folder, exist_ok=True)
        open(f"{folder}/{i}.ppm", "wb").write(b"P6\n8 8\n255\n" + image)
EOF
python3 "$work/make.py" "$work"
for set in numpy folder; do
  cat >"$work/$set.json" <<J
{"name": "own", "dataset": "$set", "image_size": 8, "network": {"kind": "resnet", "patch": 1, "stem": {"channels": 16},
 "stages": [{"channels": 16, "blocks": 1, "stride": 2}]}, "epochs": 6, "batch": 16, "quantization": {"fp8_epochs": 1}}
J
done
for pair in numpy:arrays folder:pictures; do
  set=${pair%:*} data=$work/${pair#*:}
  done_with train --config "$work/$set.json" --data "$data" --out "$work/$set" --threads 2
  done_with compress --out "$work/$set"
  done_with compile --out "$work/$set"
  done_with run --out "$work/$set" --data "$data" --engines golden,fast
  grep '"images": 40' "$work/$set/run.json" >/dev/null || fail "$set: not all 40 test images were run"
  awk '/"accuracy_hw":/ { gsub(",", "", $2); found = 1; if ($2 < 0.9) exit 1 } END { exit !found }' "$work/$set/run.json" ||
    fail "$set: $(grep accuracy_hw "$work/$set/run.json"): two kinds of images are told apart badly"
done
# Classes of a folder are by name, "bright above" first, as the labels are: the same training, picture by picture in another order.
done_with train --config "$work/numpy.json" --data "$work/arrays" --out "$work/seeds" --seeds 1,2 --threads 2
python3 - "$work" <<'EOF'
import json, math, sys
work = sys.argv[1]
report = json.load(open(work + "/numpy/train.json"))
parts = report["energy"]["layers"] + [report["energy"]["between_layers"]]
assert math.isclose(sum(part["energy"]["chip_picojoule"] for part in parts), report["energy"]["chip_picojoule"], rel_tol=1e-6)
seeds = json.load(open(work + "/seeds/train.json"))
of = [run["energy"] for run in seeds["runs"]]
assert math.isclose(seeds["energy_pj"]["mean"], sum(e["chip_picojoule"] for e in of) / 2)
for i, layer in enumerate(seeds["layer_energy_pj"]):
    values = [e["layers"][i]["energy"]["chip_picojoule"] for e in of]
    assert layer["name"] == of[0]["layers"][i]["name"] and math.isclose(layer["mean"], sum(values) / 2)
    assert math.isclose(layer["deviation"], abs(values[0] - values[1]) / math.sqrt(2), abs_tol=1e-9)
assert len(seeds["layer_energy_pj"]) == len(of[0]["layers"]) > 2
EOF

# Networks before their images are seen: nobody knows how large these are, nor how many classes there are.
for set in numpy folder; do
  refused "own: only the files of data set $set say how large its images are and how many classes there are" sizes --config "$work/$set.json" --model --out "$work/x"
  echo '{"name": "random", "config": "'$set.json'", "networks": "random"}' >"$work/study.json"
  refused "study.json: only the files of data set $set say how large its images are and how many classes there are; name their folder by --data" ablate "$work/study.json" --out "$work/x"
done
# With their folder there are networks of random masks; and what no chip runs is refused before it is trained.
echo '{"name": "random", "config": "numpy.json", "networks": "random", "images": 1, "variants": {"batch": {"design": {"batch": 2}}}}' >"$work/study.json"
done_with ablate "$work/study.json" --data "$work/arrays" --out "$work/random"
python3 - "$work" <<'EOF'
import json, sys
study = json.load(open(sys.argv[1] + "/random/ablation.json"))
trained = json.load(open(sys.argv[1] + "/numpy/compress.json"))
sizes = json.load(open(sys.argv[1] + "/random/baseline/random/compress.json"))
assert study["inputs"] == "random images of seed 1" and all(row["cycles"] > 0 for row in study["entries"])
# The network is the one that the arrays' size and classes make: as many weights as the trained one has.
assert sizes["weights"] == trained["weights"] and sizes["dense_fp32_bytes"] == trained["dense_fp32_bytes"]
EOF
refused "name their folder by --data" ablate "$work/study.json" --data random --out "$work/x"
echo '{"name": "t", "config": "numpy.json", "seeds": [1], "images": 1, "variants": {"few": {"design": {"weight_rows": 16}}}}' >"$work/study.json"
refused "study.json: few: " ablate "$work/study.json" --data "$work/arrays" --out "$work/x"
refused "data set numpy needs the name of the folder" train --config "$work/numpy.json" --out "$work/x"
cp -r "$work/arrays" "$work/bad"
truncate -s 3000 "$work/bad/train_images.npy"
refused "bad/train_images.npy: has " train --config "$work/numpy.json" --data "$work/bad" --out "$work/x"
refused "pictures/train_images.npy: no such file" train --config "$work/numpy.json" --data "$work/pictures" --out "$work/x"
printf 'GIF89a' >"$work/pictures/test/dark above/1.ppm"
refused "dark above/1.ppm: is neither JPEG nor PNG" run --out "$work/folder" --data "$work/pictures" --engines fast
[ ! -e "$work/x" ] || fail "a refused training left a folder"
echo "passed"
