#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Asks an interactive zsh what it completes, through a terminal, with the completion in a folder.
usage: ask_zsh.py FOLDER_OF_COMPLETION PLACE"""
import os
import pty
import select
import sys
import time

functions, place = sys.argv[1:]
CASES = [  # a line, and what one tab makes of it
    ("whitedwarf compr", "whitedwarf compress "),
    ("whitedwarf run --eng", "whitedwarf run --engines="),
    ("whitedwarf compress --norms=fp1", "whitedwarf compress --norms=fp16 "),
    ("whitedwarf run --engines=golden,fa", "whitedwarf run --engines=golden,fast,"),
    ("whitedwarf help tra", "whitedwarf help train "),
    ("whitedwarf study a", "whitedwarf study a\\ file.json "),
    ("whitedwarf bench cod", "whitedwarf bench codec "),
    ("whitedwarf train --config=a", "whitedwarf train --config=a\\ file.json "),
]


def main():
    pid, terminal = pty.fork()
    if pid == 0:
        os.chdir(place)
        os.environ.update(TERM="dumb", HOME=place, ZDOTDIR=place)
        os.execvp("zsh", ["zsh", "-f", "-i"])

    def read_until(mark, seconds=60):
        said, end = "", time.time() + seconds
        while mark not in said and time.time() < end:
            if select.select([terminal], [], [], 0.2)[0]:
                said += os.read(terminal, 65536).decode(errors="replace")
        assert mark in said, f"zsh said {said!r}, '{mark}' was expected"
        return said

    def tell(line):
        os.write(terminal, line.encode())

    # What the line has become is printed in place of being executed.
    tell("PS1= PS2= RPS1=; unsetopt zle_bracketed_paste prompt_cr prompt_sp 2>/dev/null; "
         f"fpath=({functions} $fpath); autoload -Uz compinit; compinit -u -D; "
         "show() { print -r -- \"<<$BUFFER>>\"; BUFFER=; zle -R; zle redisplay }; zle -N show; bindkey '^X' show; bindkey '^I' complete-word; "
         "print re''ady\n")
    read_until("ready")
    wrong = []
    for line, expected in CASES:
        tell(line + "\t\x18")
        said = read_until(">>")
        got = said[said.rindex("<<") + 2:said.rindex(">>")]
        if got.rstrip() != expected.rstrip():
            wrong.append(f"'{line}' becomes '{got}', not '{expected}'")
        tell("\x15")
    tell("exit\n")
    os.close(terminal)
    os.waitpid(pid, 0)
    print("\n".join(wrong), file=sys.stderr)
    return bool(wrong)


sys.exit(main())
