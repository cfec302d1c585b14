#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Studies as job arrays of a real Slurm on this machine (controller and daemon are started and stopped here): the same results as
# without it; tasks that are killed are retried, then reported; a submitting process that was killed is succeeded by another.
# usage: slurm_test.sh WHITEDWARF CONFIG      status 77: no Slurm is installed
set -Eeuo pipefail
trap 'echo "FAILED at line $LINENO: $BASH_COMMAND" >&2' ERR
PATH=$PATH:/usr/sbin
command -v slurmctld >/dev/null && command -v slurmd >/dev/null || { echo "skipped: Debian's package slurm-wlm is not installed"; exit 77; }
bin=$1 config=$2
work=$(mktemp -d)
mkdir "$work/state" "$work/spool"
controller=0 daemon=0
stop() {
  trap - ERR
  set +e  # whatever fails, both are ended
  [ $controller -eq 0 ] || { scancel --me; kill $daemon $controller; wait $daemon $controller; } 2>/dev/null
  rm -rf "$work"
}
trap stop EXIT
fail() { echo "FAILED: $1" >&2; tail -n 20 "$work/controller.log" "$work/daemon.log" >&2 2>/dev/null || true; exit 1; }
done_with() { "$bin" "$@" >"$work/stdout" 2>"$work/stderr" || fail "$*: $(tail -n 1 "$work/stderr")"; }
refused() { # refused EXPECTED ARGS
  local expected=$1 status=0
  shift
  "$bin" "$@" >"$work/stdout" 2>"$work/stderr" || status=$?
  [ $status -eq 1 ] && [ "$(wc -l <"$work/stderr")" -eq 1 ] && [ ! -s "$work/stdout" ] && grep -qF -- "$expected" "$work/stderr" ||
    fail "$*: status $status, expected '$expected', got: $(cat "$work/stderr" "$work/stdout")"
}
wait_for() { # wait_for WHAT COMMAND...: at most a minute
  local what=$1
  shift
  for _ in $(seq 600); do
    ! "$@" >/dev/null 2>&1 || return 0
    sleep 0.1
  done
  fail "$what was waited for in vain: $(cat "$work"/stderr*)"
}

# A cluster of one node that says it has four cores.
host=$(hostname -s)
port=$((20000 + RANDOM % 10000))
export SLURM_CONF=$work/slurm.conf
cat >"$SLURM_CONF" <<END
ClusterName=test
SlurmctldHost=$host(127.0.0.1)
SlurmctldPort=$port
SlurmdPort=$((port + 1))
AuthType=auth/none
CredType=cred/none
SlurmUser=$(id -un)
SlurmdUser=$(id -un)
StateSaveLocation=$work/state
SlurmdSpoolDir=$work/spool
SlurmctldPidFile=$work/controller.pid
SlurmdPidFile=$work/daemon.pid
SlurmctldLogFile=$work/controller.log
SlurmdLogFile=$work/daemon.log
SlurmdParameters=config_overrides
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SwitchType=switch/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
NodeName=$host NodeAddr=127.0.0.1 CPUs=4 RealMemory=1000 State=UNKNOWN
PartitionName=main Nodes=$host Default=YES MaxTime=INFINITE State=UP
END
slurmctld -D >"$work/controller.out" 2>&1 &
controller=$!
slurmd -D >"$work/daemon.out" 2>&1 &
daemon=$!
idle() { sinfo --noheader --format=%T | grep -x idle; }
wait_for "an idle node" idle

# An exploration: every result is what it is without Slurm.
cp "$config" "$work/net.json"
done_with sizes --config "$work/net.json" --model --out "$work/net"
done_with compress --out "$work/net"
cat >"$work/study.json" <<'END'
{"name": "small", "models": ["net"], "images": 1, "space": {"window": [2, 3, 4], "batch": [1, 2], "volt": [0.9, 1.2]},
 "objectives": ["cycles", "total_pj"], "confirm": ["golden"]}
END
plain() { grep -v '"command' "$1/explore.json"; }  # commands name the folder
points() { python3 -c 'import csv, sys
for row in csv.DictReader(open(sys.argv[1])): print(row.pop("command") != "", row)' "$1/explore.csv"; }
done_with explore "$work/study.json" --data random --out "$work/local"
cd "$work"
done_with explore study.json --data random --out "here it's" --slurm --slurm-tasks 3 --slurm-partition main --slurm-time 10 --slurm-memory 100M
[ "$(plain "here it's")" = "$(plain local)" ] && [ "$(points "here it's")" = "$(points local)" ] || fail "Slurm's exploration has other results"
grep -q '^slurm: job [0-9]*, 3 tasks$' stderr && grep -q ', 0 computed now' stdout || fail "the tasks did not do the work: $(cat stderr stdout)"
[ "$(ls "here it's/slurm")" = "$(printf 'job.sh\nsbatch.log\nsqueue.log\ntask_0.log\ntask_1.log\ntask_2.log')" ] || fail "left behind: $(ls "here it's/slurm")"
done_with explore study.json --data random --out plan --slurm-dry-run --slurm-tasks 3 --threads 7 --papers figures  # those are the submitting one's
grep -q -- '^#SBATCH --array=0-2$' stdout && grep -q -- 'explore --out=plan --config=study.json --data=random --threads 1$' stdout && [ ! -e plan ] ||
  fail "dry run: $(cat stdout)"

# An ablation.
echo '{"name": "rows", "images": 1, "variants": {"unfolded": {"design": {"fold": false}}}, "sweep": ["huffman", "gate_array"]}' >rows.json
cp -r net rows_here
cp -r net rows_slurm
done_with ablate rows.json --data random --out rows_here
done_with ablate rows.json --data random --out rows_slurm --slurm --slurm-tasks 2
grep -q '^slurm: job [0-9]*, 2 tasks$' stderr && grep -q '^0 designs computed now$' stdout || fail "the tasks did not do the ablation: $(cat stderr stdout)"
[ "$(grep -v '"command' rows_slurm/ablation.json)" = "$(grep -v '"command' rows_here/ablation.json)" ] || fail "Slurm's ablation has other results"

# Trainings: a task killed in the middle is tried again; what it had goes on from its checkpoint.
tiny() { # tiny EPOCHS
  echo '{"name": "tiny", "dataset": "fashion-mnist", "network": {"kind": "mlp", "hidden": [16]}, "batch": 250,
 "optimizer": {"kind": "adamw"}, "schedule": {"kind": "cosine", "rate": 0.01}, "epochs": '"$1}"
}
tiny 3 >tiny.json
echo '{"name": "s", "baseline": "tiny.json", "seeds": [1, 2], "variants": {"a": {}, "b": {"network": {"hidden": [24]}}}}' >orderings.json
without_times() { python3 -c 'import json, sys
def without(v):
    if isinstance(v, list): return [without(one) for one in v]
    return {k: without(one) for k, one in v.items() if k not in ("seconds", "threads", "speed")} if isinstance(v, dict) else v
print(json.dumps(without(json.load(open(sys.argv[1]))), indent=1))' "$1"; }
done_with study orderings.json --out trained --threads 1
"$bin" study orderings.json --out slurm_trained --slurm --slurm-tasks 2 >stdout1 2>stderr1 &
submitting=$!
task_of() { pgrep -f -- "[o]ut=$1 .*--threads 1\$" | sed -n 1p; }
begun() { [ -e "$1/checkpoint.wdc" ] && [ -n "$(task_of "${1%%/*}")" ]; }
wait_for "a task" begun slurm_trained/a/seed_1
kill -9 "$(task_of slurm_trained)"
wait $submitting || fail "a killed task is not retried: $(tail -n 1 stderr1)"
grep -q '1 task, attempt 2 of 3$' stderr1 || fail "nobody says that a task is retried: $(cat stderr1)"
[ "$(without_times slurm_trained/study.json)" = "$(without_times trained/study.json)" ] || fail "Slurm's study has other results"

# The submitting process is killed: the tasks go on, and the same command waits for them.
"$bin" train --config tiny.json --seeds 1,2,3 --out seeds --slurm --slurm-tasks 1 >stdout1 2>stderr1 &
submitting=$!
wait_for "a job" grep -q '^slurm: job' stderr1
kill -9 $submitting
wait $submitting 2>/dev/null && fail "the submitting process was not killed"
refused "of another command is still in Slurm's queue" train --config tiny.json --seeds 1,2 --out seeds --slurm
done_with train --config tiny.json --seeds 1,2,3 --out seeds --slurm --slurm-tasks 1
grep -q "^slurm: job $(sed -n 's/^slurm: job \([0-9]*\),.*/\1/p' stderr1) is of this command" stderr || fail "the job was not found again: $(cat stderr)"
done_with train --config tiny.json --seeds 1,2,3 --out seeds_here --threads 1
[ "$(without_times seeds/train.json)" = "$(without_times seeds_here/train.json)" ] || fail "Slurm's seeds have other results"

# Tasks that end at every attempt are reported.
tiny 5000 >long.json
"$bin" train --config long.json --seeds 1,2 --out long --slurm --slurm-tasks 2 --slurm-attempts 2 >stdout1 2>stderr1 &
submitting=$!
while kill -0 $submitting 2>/dev/null; do
  pkill -9 -f -- "[o]ut=long .*--threads 1\$" || true
  sleep 0.3
done
status=0
wait $submitting || status=$?
[ $status -eq 1 ] && tail -n 1 stderr1 | grep -F "error: long: 2 of 2 Slurm tasks failed at each of 2 attempts; task 0 ended with status 137: " >/dev/null ||
  fail "tasks that fail: status $status, $(cat stderr1)"

refused "sbatch failed: sbatch: error: invalid partition specified: nowhere" explore study.json --data random --out plan --slurm --slurm-partition nowhere
[ ! -e plan ] || fail "a job that sbatch refuses leaves a folder: $(ls -R plan)"
SLURM_CONF=$work/none.conf refused "--slurm: no controller of Slurm answers (" explore study.json --data random --out plan --slurm
[ ! -e plan ] || fail "without a cluster a folder is left: $(ls -R plan)"
refused "--slurm-time is of --slurm" explore study.json --data random --out plan --slurm-time 10
refused "--slurm shares several trainings; name their seeds" train --config tiny.json --out plan --slurm
sed 's/"cycles"/"cycle"/' study.json >bad.json
refused "there is no metric 'cycle'" explore bad.json --data random --out plan --slurm
[ ! -e plan/explore.json ] || fail "a refused study has results"
printf '#!/bin/bash\nPATH=/nowhere exec "%s" "$@"\n' "$bin" >no_slurm
chmod +x no_slurm
bin=$work/no_slurm refused "--slurm: sbatch was not found; install Debian's package slurm-client" explore study.json --data random --out local --slurm
