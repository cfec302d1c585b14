# SPDX-License-Identifier: Apache-2.0
"""Runs a command within limits of time and memory, and ends all that it started."""
import os
import resource
import signal
import subprocess
import tempfile
import threading
import time
from dataclasses import dataclass

RAN_AWAY = (b"bad_alloc", b"out of memory", b"Cannot allocate memory")  # what the limit of memory looks like from outside


@dataclass
class Ended:
    status: int
    hung: bool  # reached a limit: processor time, time, or memory
    cpu_s: float  # of the command and what it waited for
    output: str  # the last of it


class Runner:
    """Several threads may run commands; stop() ends all of them."""

    def __init__(self, memory_mb):
        self.memory = memory_mb << 20
        self.lock = threading.Lock()
        self.groups = set()
        self.stopped = False

    def stop(self):
        with self.lock:
            self.stopped = True
            for group in self.groups:
                _kill(group)

    def run(self, command, cwd, cpu_s, env=None):
        """Its processor time is limited, so that a busy machine stops nothing; what sleeps is stopped much later."""
        def limit():
            resource.setrlimit(resource.RLIMIT_CPU, (int(cpu_s) + 1, int(cpu_s) + 2))
            resource.setrlimit(resource.RLIMIT_AS, (self.memory, self.memory))
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        with tempfile.TemporaryFile() as output:
            with self.lock:
                if self.stopped:
                    raise KeyboardInterrupt
                process = subprocess.Popen(command, cwd=cwd, env=env, stdin=subprocess.DEVNULL, stdout=output, stderr=output,
                                           shell=isinstance(command, str), start_new_session=True, preexec_fn=limit)
                self.groups.add(process.pid)
            late = not self._wait(process.pid, time.monotonic() + 60 + 20 * cpu_s)
            _kill(process.pid)  # also those that it left
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
            with self.lock:
                self.groups.discard(process.pid)
                if self.stopped:
                    raise KeyboardInterrupt
            output.seek(max(0, output.seek(0, os.SEEK_END) - 4000))
            text = output.read()
        used = usage.ru_utime + usage.ru_stime
        out_of_time = late or used >= cpu_s or process.returncode in (-signal.SIGXCPU, 128 + signal.SIGXCPU)
        hung = process.returncode != 0 and (out_of_time or any(word in text for word in RAN_AWAY))
        return Ended(process.returncode, hung, used, text.decode(errors="replace"))

    @staticmethod
    def _wait(pid, until):
        """@return that it ended; it stays to be waited for"""
        pause = 0.005
        while time.monotonic() < until:
            if os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT):
                return True
            time.sleep(pause)
            pause = min(pause * 1.5, 0.2)
        return False


def _kill(group):
    try:
        os.killpg(group, signal.SIGKILL)
    except ProcessLookupError:
        pass
