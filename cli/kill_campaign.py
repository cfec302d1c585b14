#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Commands that are killed (SIGKILL) at random moments, or that meet full disks, limits, locked folders and streams that take
nothing: no file may be half written, and the same call afterwards ends in the bytes of one that was left alone.

usage: kill_campaign.py WHITEDWARF [--kills N] [--seed S] [--only TEXT]
"""
import json
import os
import random
import re
import resource
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time

OSU = "/usr/share/qflow/tech/osu018/osu018_stdcells.lib"
LONGEST = 900  # seconds of a call
TINY = {"name": "tiny", "dataset": "fashion-mnist", "network": {"kind": "mlp", "hidden": [16]}, "batch": 250, "epochs": 1,
        "optimizer": {"kind": "adamw"}, "schedule": {"kind": "cosine", "rate": 0.01}}
LONG = {**TINY, "epochs": 6, "validation": 0.1, "augmentation": {"flip": True, "crop": 1}, "quantization": {"fp8_epochs": 2}}
FILES = {
    "tiny.json": TINY,
    "long.json": LONG,
    "study.json": {"name": "s", "baseline": "tiny.json", "seeds": [1, 2], "variants": {"a": {}, "b": {"batch": 500}},
                   "claims": [{"claim": "c", "better": "a", "than": "b"}]},
    "explore.json": {"name": "e", "models": ["net"], "images": 2, "objectives": ["cycles", "energy_pj"], "confirm": ["systemc"],
                     "space": {"window": [2, 3, 4], "gate_array": [True, False], "weight_rows": [1024, 1536]}},
    "ablation.json": {"name": "a", "config": "tiny.json", "seeds": [1], "images": 2,
                      "variants": {"one": {"config": {"batch": 500}}, "two": {"design": {"window": 3}}},
                      "sweep": ["gate_array", "skip_zero_bits"]},
}
# What a run measures of itself.
MEASURED = re.compile(r"(^date$|seconds|threads|speed|per_second|per_cpu_second|per_core|loading_share|peak_mib|share_of_peak|computed)")


class Job:
    def __init__(self, name, words, share, starts_from=None, needs=None):
        self.name, self.words, self.share, self.starts_from, self.needs = name, words, share, starts_from, needs


JOBS = [
    Job("train", ["train", "--config", "long.json", "--out", "out", "--threads", "1", "--checkpoint-seconds", "0.05"], 40),
    Job("study", ["study", "--config", "study.json", "--out", "out", "--threads", "1"], 32),
    Job("compress", ["compress", "--out", "out", "--threads", "1"], 22, ["model.wdm", "train.json", "checkpoint.wdc"]),
    Job("compile", ["compile", "--out", "out"], 22, ["model.wdm", "train.json", "model.wdz", "compress.json"]),
    Job("run", ["run", "--out", "out", "--engines", "golden,fast,systemc", "--images", "60", "--systemc-images", "2", "--scores",
                "--timeline", "--threads", "1"], 12, ["program.wdp", "model.wdz", "compile.json"]),
    Job("platform", ["platform", "--out", "out", "--chip", "systemc", "--waves", "1000:1400"], 22,
        ["program.wdp", "model.wdz", "compile.json"]),
    Job("explore", ["explore", "--config", "explore.json", "--out", "out", "--data", "random", "--threads", "1"], 22),
    Job("ablate", ["ablate", "--config", "ablation.json", "--out", "out", "--threads", "1"], 22),
    Job("characterize", ["characterize", "--liberty", OSU, "--block", "counters", "--cycles", "100", "--data", "random", "--out",
                         "out/table.json"], 8, [], OSU),
]


class Fault(Exception):
    pass


def plain(value, folder):
    """JSON without what is measured and without the folder's name."""
    if isinstance(value, dict):
        return {key: plain(one, folder) for key, one in value.items() if not MEASURED.search(key)}
    if isinstance(value, list):
        return [plain(one, folder) for one in value]
    return value.replace(folder, "FOLDER") if isinstance(value, str) else value


def content(path, folder):
    """Of a finished file, what has to be the same; None: it is of the moment, or a checkpoint, which a training goes on with."""
    name = os.path.basename(path)
    with open(path, "rb") as file:
        data = file.read()
    if name.endswith(".json"):
        try:
            return json.dumps(plain(json.loads(data), folder), sort_keys=True)
        except ValueError as error:
            raise Fault(f"{path} is no JSON: {error}") from error
    if name.endswith((".wdc", ".html", ".csv", ".study", ".log")):
        if not data:
            raise Fault(f"{path} is empty")
        return data if name.endswith(".csv") and not name.startswith(("explore", "ablation")) else None
    return data


def files_of(folder):
    """The files below a folder, without those that a killed process leaves: locks and what is partial."""
    found = {}
    for where, folders, names in os.walk(folder):
        for name in names:
            path = os.path.join(where, name)
            if stat.S_ISREG(os.lstat(path).st_mode):
                found[os.path.relpath(path, folder)] = path
    return found


def left_over(name):
    return name.endswith((".partial", ".lock"))


def is_result(name):
    """What a study keeps of its points is each process's own."""
    return not left_over(name) and ".kept/" not in name


class Campaign:
    def __init__(self, binary, work, seed):
        self.binary, self.work, self.random = binary, work, random.Random(seed)
        self.pattern = os.path.join(work, "pattern")
        self.room = os.path.join(work, "room")
        self.whole, self.seconds = {}, {}
        os.makedirs(self.pattern)
        for name, value in FILES.items():
            with open(os.path.join(self.pattern, name), "w", encoding="utf-8") as out:
                json.dump(value, out)
        for words in (["train", "--config", "tiny.json", "--out", "net", "--threads", "1"], ["compress", "--out", "net", "--threads", "1"],
                      ["compile", "--out", "net"]):
            subprocess.run([binary, *words], cwd=self.pattern, check=True, capture_output=True)

    def begin(self, job):
        """A fresh room, in which nothing has been done."""
        if os.path.exists(self.room):
            shutil.rmtree(self.room)
        shutil.copytree(self.pattern, self.room)
        out = os.path.join(self.room, "out")
        if job.starts_from is not None:
            os.mkdir(out)
            for name in job.starts_from:
                shutil.copy2(os.path.join(self.room, "net", name), out)

    def call(self, job, **more):
        return subprocess.run([self.binary, *job.words], cwd=self.room, stdin=subprocess.DEVNULL, capture_output=True, check=False,
                              timeout=LONGEST, **more)

    def state(self):
        out = os.path.join(self.room, "out")
        return {name: content(path, self.room) for name, path in files_of(out).items() if is_result(name)}

    def undisturbed(self, job):
        if job.name in self.whole:
            return
        self.begin(job)
        begun = time.monotonic()
        done = self.call(job)
        if done.returncode != 0:
            raise Fault(f"undisturbed: {done.stderr.decode()[-300:]}")
        self.seconds[job.name] = time.monotonic() - begun
        self.whole[job.name] = self.state()

    def check_whole(self, job):
        """Each file that is there is a finished one."""
        out = os.path.join(self.room, "out")
        for name, path in files_of(out).items():
            if not is_result(name):
                continue
            is_now = content(path, self.room)
            known = self.whole[job.name]
            # What a training or a study has beside results, points of an exploration, say, has names of its own content.
            if name in known and known[name] is not None and is_now != known[name]:
                raise Fault(f"{name} is another one than undisturbed")

    def finish(self, job):
        done = self.call(job)
        if done.returncode != 0:
            raise Fault(f"does not go on: {done.stderr.decode()[-300:]}")
        now, known = self.state(), self.whole[job.name]
        if set(now) != set(known):
            raise Fault(f"other files than undisturbed: {sorted(set(now) ^ set(known))[:6]}")
        for name, value in known.items():
            if now[name] != value:
                raise Fault(f"{name} is another one than undisturbed")
        left = [name for name in files_of(os.path.join(self.room, "out")) if left_over(name)]
        if left:
            raise Fault(f"left behind: {left[:4]}")

    def processes(self):
        """Those that work in the room."""
        found = []
        for pid in filter(str.isdigit, os.listdir("/proc")):
            try:
                if os.readlink(f"/proc/{pid}/cwd").startswith(self.room):
                    found.append(int(pid))
            except OSError:
                pass
        return found

    def kill_once(self, job, longest):
        """@return whether it was killed before its end"""
        process = subprocess.Popen([self.binary, *job.words], cwd=self.room, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                   stderr=subprocess.DEVNULL, start_new_session=True)
        try:
            process.wait(timeout=self.random.random() * longest)
            return False
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            process.wait()
        for _ in range(100):  # what it began ends with it
            if not self.processes():
                return True
            time.sleep(0.1)
        raise Fault(f"processes {self.processes()} go on after their caller's death")

    def kills(self, job, wanted):
        self.undisturbed(job)
        done, tries = 0, 0
        while done < wanted:
            self.begin(job)
            for _ in range(self.random.randint(1, 4)):
                tries += 1
                if done == wanted or not self.kill_once(job, self.seconds[job.name]):
                    break
                done += 1
                self.check_whole(job)
            self.finish(job)
            if tries > 20 * wanted + 20:
                raise Fault(f"ends before it is killed: {done} of {wanted} kills")
        return done

    # Places and streams that refuse --------------------------------------------------------------------------------------------

    def refused(self, job, done, held):
        message = done.stderr.decode()
        lines = [line for line in message.splitlines() if line.startswith("error: ")]
        if done.returncode != 1 or len(lines) != 1 or not message.endswith(lines[0] + "\n") or not any(one in message for one in held):
            raise Fault(f"{held}: status {done.returncode}, {message[-300:]}")

    def size_limit(self, job):
        """A limit on file sizes, between nothing and the largest file."""
        self.undisturbed(job)
        self.begin(job)
        outs = [name for name in self.whole[job.name] if name not in (job.starts_from or [])]
        largest = max(len(value.encode() if isinstance(value, str) else value) for name, value in self.whole[job.name].items()
                      if name in outs and value is not None)
        limit = self.random.randrange(0, largest // 2)

        def limited():
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

        done = self.call(job, preexec_fn=limited)
        self.refused(job, done, ["File too large"])
        self.check_whole(job)
        if any(".partial" in name for name in files_of(os.path.join(self.room, "out"))):
            raise Fault("a partial file is left")
        self.finish(job)

    def full_disk(self, job):
        self.undisturbed(job)
        self.begin(job)
        out = os.path.join(self.room, "out")
        before = 0
        if os.path.isdir(out):
            before = sum(os.path.getsize(path) for path in files_of(out).values())
            os.rename(out, out + ".was")
        os.mkdir(out)
        # A page a file, and about half of what the first result needs.
        kib = (before + 4095) // 1024 + 4 * len(job.starts_from or []) + self.random.choice([4, 8, 12])
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={kib}k", "none", out], check=True)
        try:
            if os.path.isdir(out + ".was"):
                shutil.copytree(out + ".was", out, dirs_exist_ok=True)
                shutil.rmtree(out + ".was")
            done = self.call(job)
            if done.returncode != 0:
                self.refused(job, done, ["No space left on device"])
            self.check_whole(job)
            if any(".partial" in name for name in files_of(out)):
                raise Fault("a partial file is left")
            subprocess.run(["mount", "-o", "remount,size=200m", out], check=True)
            self.finish(job)
        finally:
            subprocess.run(["umount", "-l", out], check=True)

    def locked_folder(self, job):
        """As an ordinary user, for whom permissions count."""
        self.undisturbed(job)
        self.begin(job)
        out = os.path.join(self.room, "out")
        os.makedirs(out, exist_ok=True)
        os.chmod(out, 0o555)
        before = sorted(files_of(out))
        more = {"user": 65534, "group": 65534, "extra_groups": []} if os.geteuid() == 0 else {}
        done = self.call(job, **more)
        self.refused(job, done, ["writable", "written", "Permission denied"])
        if sorted(files_of(out)) != before:
            raise Fault("changed a locked folder")
        os.chmod(out, 0o755)
        self.finish(job)

    def full_output(self, job):
        self.undisturbed(job)
        self.begin(job)
        with open("/dev/full", "w", encoding="utf-8") as full:
            done = subprocess.run([self.binary, *job.words], cwd=self.room, stdin=subprocess.DEVNULL, stdout=full,
                                  stderr=subprocess.PIPE, check=False, timeout=LONGEST)
        self.refused(job, done, ["standard output cannot be written"])
        self.check_whole(job)
        self.finish(job)

    def closed_streams(self, job):
        """Streams that are closed from the start: what is opened must not take their place."""
        self.undisturbed(job)
        for closed in ([1], [2], [0, 1, 2]):
            self.begin(job)
            shell = "exec \"$@\" " + " ".join({0: "<&-", 1: ">&-", 2: "2>&-"}[one] for one in closed)
            done = subprocess.run(["sh", "-c", shell, "sh", self.binary, *job.words], cwd=self.room, stdin=subprocess.DEVNULL,
                                  stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False, timeout=LONGEST)
            if done.returncode != (1 if 1 in closed else 0):
                raise Fault(f"closed {closed}: status {done.returncode}, {done.stderr.decode()[-200:]}")
            if 1 in closed and 2 not in closed:
                self.refused(job, done, ["standard output cannot be written"])
            self.check_whole(job)
            self.finish(job)

    def closed_pipes(self, job):
        """Readers that go away at a random moment, of messages and of results."""
        self.undisturbed(job)
        for stream in ("stdout", "stderr"):
            self.begin(job)
            ends = os.pipe()
            streams = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, stream: ends[1]}
            with subprocess.Popen([self.binary, *job.words], cwd=self.room, stdin=subprocess.DEVNULL, **streams) as process:
                os.close(ends[1])
                time.sleep(self.random.random() * self.seconds[job.name])
                os.close(ends[0])
                code = process.wait(timeout=LONGEST)
            if code not in (0, 1, -signal.SIGPIPE):
                raise Fault(f"closed pipe of {stream}: status {code}")
            self.check_whole(job)
            self.finish(job)

    def full_pipe(self):
        """A reader that is late gets everything."""
        words = [self.binary, "objdump", "--out", "net", "--json"]
        whole = subprocess.run(words, cwd=self.pattern, check=True, capture_output=True).stdout
        with subprocess.Popen(words, cwd=self.pattern, stdout=subprocess.PIPE) as process:
            time.sleep(1)
            if len(whole) > 65536 and process.poll() is not None:
                raise Fault("ended before its output was read")
            late = process.stdout.read()
            if process.wait() != 0 or late != whole:
                raise Fault("a late reader gets something else")


def can_mount(work):
    there = os.path.join(work, "mount")
    os.mkdir(there)
    if os.geteuid() != 0 or subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4k", "none", there], check=False,
                                           capture_output=True).returncode != 0:
        return False
    subprocess.run(["umount", there], check=True)
    return True


def main():
    words = sys.argv[1:]

    def option(name, otherwise):
        if name not in words:
            return otherwise
        at = words.index(name)
        value = words[at + 1]
        del words[at:at + 2]
        return value

    kills, seed, only = int(option("--kills", "202")), int(option("--seed", "1")), option("--only", "")
    binary = os.path.abspath(words[0])
    work = os.path.realpath(tempfile.mkdtemp(prefix="wd_kills_"))
    os.chmod(work, 0o755)
    print(f"moments and limits by seed {seed}", flush=True)
    failures, killed = 0, 0

    def attempt(name, action):
        nonlocal failures
        if only not in name:
            return 0
        begun = time.monotonic()
        try:
            number = action()
            print(f"passed {name}{f', {number} kills' if number else ''}, {time.monotonic() - begun:.0f} s", flush=True)
            return number or 0
        except (Fault, subprocess.TimeoutExpired) as fault:
            failures += 1
            print(f"FAILED {name}: {fault}", flush=True)
            return 0

    try:
        campaign = Campaign(binary, work, seed)
        mounts = can_mount(work)
        whole = kills >= 200
        sampled = ("train", "compress", "compile")
        shares = sum(job.share for job in JOBS if job.name in sampled)
        for job in JOBS:
            if job.needs and (not os.path.exists(job.needs) or not shutil.which("yosys")):
                print(f"skipped {job.name}: no {job.needs}, or no Yosys")
                continue
            if not whole and job.name not in sampled:
                continue
            wanted = job.share if whole else max(1, kills * job.share // shares)
            killed += attempt(f"kill {job.name}", lambda job=job, wanted=wanted: campaign.kills(job, wanted))
            if job.name == "characterize":
                continue
            places = [("file size limit", campaign.size_limit), ("locked folder", campaign.locked_folder), ("full output", campaign.full_output),
                      ("closed streams", campaign.closed_streams), ("closed pipes", campaign.closed_pipes)]
            if mounts:
                places.append(("full disk", campaign.full_disk))
            else:
                print(f"skipped full disk {job.name}: nothing can be mounted here")
            for name, action in places:
                if whole or job.name == "compress" or name == "full disk":
                    attempt(f"{name} {job.name}", lambda job=job, action=action: action(job))
        attempt("full pipe", campaign.full_pipe)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    print(f"{killed} kills, {failures} failures")
    return 1 if failures or (not only and killed < min(kills, 200) // 2) else 0


if __name__ == "__main__":
    sys.exit(main())
