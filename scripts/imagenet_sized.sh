#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Trains HFN-ResNet-50 at 224 x 224 for some steps of an epoch, from a folder of JPEG files of ImageNet's sizes that this
# makes in OUT/pictures; kills the training in its middle and continues it; says images per second, the loader's share,
# memory and the time that a whole training would take. Interrupted, the same call goes on. Accuracy is no aim of it.
# usage: scripts/imagenet_sized.sh OUT [OPTIONS]
#   --steps N     batches of training (500)           --classes N   classes (1000, or as many as there are pictures in a half)
#   --batch N     images of one (the configuration's)  --size N      side of an image (224)
#   --config FILE what is trained (algo/configs/hfn_resnet50_imagenet.json); its first epoch is
#   --threads N   (all)      --checkpoint-seconds N (60)      --programs DIR where they are built (builds build/release)
set -Eeuo pipefail
trap 'echo "imagenet_sized: failed at line $LINENO: $BASH_COMMAND" >&2' ERR
say() { echo "imagenet_sized: $*" >&2; }
refuse() { trap - ERR; echo "error: $*" >&2; exit 1; }

root=$(cd "$(dirname "$0")/.." && pwd)
out='' steps=500 classes='' batch='' size=224 config=$root/algo/configs/hfn_resnet50_imagenet.json threads=0 seconds=60 programs=''
while [ $# -gt 0 ]; do
  case $1 in
    --steps | --classes | --batch | --size | --config | --threads | --checkpoint-seconds | --programs)
      [ $# -ge 2 ] || refuse "$1 needs a value" ;;&
    --steps) steps=$2 && shift 2 ;;
    --classes) classes=$2 && shift 2 ;;
    --batch) batch=$2 && shift 2 ;;
    --size) size=$2 && shift 2 ;;
    --config) config=$2 && shift 2 ;;
    --threads) threads=$2 && shift 2 ;;
    --checkpoint-seconds) seconds=$2 && shift 2 ;;
    --programs) programs=$2 && shift 2 ;;
    -*) refuse "'$1' is unknown; see the head of scripts/imagenet_sized.sh" ;;
    *) [ -z "$out" ] || refuse "OUT is given twice, '$out' and '$1'"
       out=$1 && shift ;;
  esac
done
[ -n "$out" ] || refuse "OUT is missing; usage: scripts/imagenet_sized.sh OUT [OPTIONS]"
[[ $steps =~ ^[1-9][0-9]{0,5}$ ]] || refuse "--steps is '$steps', must be 1 to 999999"
[[ $batch =~ ^([1-9][0-9]{0,3})?$ ]] || refuse "--batch is '$batch', must be 1 to 9999"
[[ $classes =~ ^([1-9][0-9]{0,3})?$ ]] || refuse "--classes is '$classes', must be 1 to 9999"
[ -f "$config" ] || refuse "--config is $config: no such file"

if [ -z "$programs" ]; then
  (cd "$root" && scripts/setup.sh && cmake --build --preset release --target whitedwarf whitedwarf-make-pictures >&2)
  programs=$root/build/release
fi
for program in whitedwarf whitedwarf-make-pictures; do
  [ -x "$programs/$program" ] || refuse "--programs is $programs, which has no $program; build it"
done
mkdir -p "$out" || refuse "$out cannot be made; name a folder that can be written"

# One epoch of as many pictures as the steps take, at the configuration's first rate.
[ -n "$batch" ] || batch=$(python3 -c 'import json, sys; print(json.load(open(sys.argv[1])).get("batch", 128))' "$config")
training=$((steps * batch))
validation=$((2 * batch))
[ -n "$classes" ] || classes=$((validation < 1000 ? validation : 1000))
python3 - "$config" "$batch" "$size" >"$out/config.json" <<'PY'
import json, sys
config = json.load(open(sys.argv[1]))
config.update(dataset="imagenet", epochs=1, batch=int(sys.argv[2]), image_size=int(sys.argv[3]), validation=0)
config["schedule"] = {"kind": "constant", "rate": config["schedule"]["rate"]}
config.pop("quantization", None)
json.dump(config, sys.stdout, indent=1)
PY

say "making $training and $validation pictures in $out/pictures, of $classes classes"
"$programs/whitedwarf-make-pictures" "$out/pictures" "$classes" "$training" "$validation"

train=("$programs/whitedwarf" train --config "$out/config.json" --data "$out/pictures" --out "$out/run" --threads "$threads"
       --checkpoint-seconds "$seconds")
checkpoint=$out/run/checkpoint.wdc
# The step of the last checkpoint; its state is JSON.
stamp() { stat -c %i:%Y "$checkpoint" 2>/dev/null || true; }
step() { { LC_ALL=C grep -a -o -m 1 '"step":[0-9]*' "$checkpoint" 2>/dev/null || echo '"step":0'; } | sed 's/.*://'; }

if [ ! -e "$out/killed_at" ] && [ ! -e "$out/run/train.json" ]; then
  say "training $steps steps; will kill it at the first checkpoint from step $((steps / 2)) on"
  "${train[@]}" >"$out/train.txt" 2>"$out/messages.txt" &
  pid=$!
  trap 'kill -9 $pid 2>/dev/null' EXIT
  seen=
  while kill -0 $pid 2>/dev/null; do
    now=$(stamp)
    if [ "$now" != "$seen" ]; then
      seen=$now
      [ "$(step)" -lt $((steps / 2)) ] || break
    fi
    sleep 0.2
  done
  kill -9 $pid 2>/dev/null || { cat "$out/messages.txt" >&2; refuse "the training ended before it was killed, at step $(step); if it did not fail, remove $out/run and take more --steps"; }
  wait $pid 2>/dev/null || true
  trap - EXIT
  step >"$out/killed_at"
fi
if [ ! -e "$out/run/train.json" ]; then
  say "continuing from step $(step)"
  "${train[@]}" >"$out/train.txt" 2>"$out/messages.txt" || { cat "$out/messages.txt" >&2; exit 1; }
  grep "resuming from" "$out/messages.txt" >/dev/null || refuse "the training began again: $(cat "$out/messages.txt")"
fi

python3 - "$config" "$out/run/train.json" "$(cat "$out/killed_at" 2>/dev/null || echo never)" "$steps" "$(du -sk "$out/pictures" | cut -f1)" <<'PY'
import json, sys
config, run = json.load(open(sys.argv[1])), json.load(open(sys.argv[2]))
killed, steps, kib, speed = sys.argv[3], int(sys.argv[4]), int(sys.argv[5]), run["speed"]
images, epochs = 1281167, config["epochs"]
rate = speed["images_per_second"]
seconds = images * epochs / rate
print(f"steps                {steps} of {run['config']['batch']} images of {run['config']['image_size']} x {run['config']['image_size']}, from {kib / 1024 / 1024:.1f} GiB of pictures")
print(f"killed, continued    at step {killed}")
print(f"loss                 {run['history'][-1]['loss']:.3f}")
print(f"images per second    {rate:.1f} ({1000 * run['config']['batch'] / rate:.0f} ms a step)")
print(f"waiting for pictures {100 * speed['loading_share']:.1f} % of a step")
print(f"peak memory          {speed['peak_mib']:.0f} MiB")
print(f"a whole training     {seconds / 86400:.1f} days ({images} images, {epochs} epochs, {images / rate / 3600:.1f} hours an epoch)")
if speed["peak_mib"] >= 8192:
    sys.exit("error: more than 8 GiB of memory; take a smaller --batch")
PY
