"""Section A: code that misbehaves costs its own run, is named with its line, and leaves nothing running."""

from __future__ import annotations

import os

from faults.case import HEAD, Case, fails, passes, warns

LONG = str(2_000_000 + os.getpid())
"""Seconds that what is left behind would sleep; a number of our own, so that it is known again."""

_FAILING = 'python {run="bad"}\nx = 1\ny = 2\n1 / 0  # here\n'


def _indented(text: str, by: str = "    ") -> str:
    return "".join(by + line if line.strip() else line for line in text.splitlines(keepends=True))


_BLOCK = f"```{_FAILING}```\n"

_DAEMON = f"""\
import os
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        os.execvp("sleep", ["sleep", "{LONG}"])
    os._exit(0)
"""

_RAISED = "ZeroDivisionError: division by zero"

A1 = [
    fails("A1 an exception below front matter", HEAD + _BLOCK, _RAISED),
    fails("A1 an exception in an admonition", f"# Bad\n\n!!! note\n\n{_indented(_BLOCK)}", _RAISED),
    fails("A1 an exception in a tab", f'# Bad\n\n=== "Tab"\n\n{_indented(_BLOCK)}', _RAISED),
    fails("A1 an exception in a list", f"# Bad\n\n1. item\n\n{_indented(_BLOCK)}", _RAISED),
    fails(
        "A1 an exception in an included file",
        '# Bad\n\n--8<-- "part.md"\n\n```python {}\n```\n',
        _RAISED,
        files={"part.md": f"Part\n\n{_BLOCK}"},
    ),
    fails(
        "A1 an exception in a helper",
        "x = 1\nimport helper\nhelper.outer()  # here",
        r"ValueError: from the helper\n +docs/bad.md:10  helper.outer\(\).*\n +helper.py:2  inner\(\)\n +helper.py:6",
        files={"helper.py": "def outer():\n    inner()\n\n\ndef inner():\n    raise ValueError('from the helper')\n"},
    ),
]

TIME = [
    fails("A2 an endless loop", "while True: pass  # here", r"Timeout: stopped after 1 s", options="timeout=1"),
    fails(
        "A3 a loop in C that never yields",
        "x = 1\nsum(iter(int, 1))  # here",
        "Timeout: stopped after 1 s",
        options="timeout=1",
    ),
    fails(
        "A4 a sleep that ignores signals",
        "import signal, time\nfor n in (1, 2, 15):\n    signal.signal(n, signal.SIG_IGN)\ntime.sleep(1e6)  # here",
        "Timeout: stopped after 1 s",
        options="timeout=1",
    ),
    fails(
        "A5 silence",
        "import time\nprint('once')\ntime.sleep(1e6)  # here",
        r"Timeout: (no output or metric|neither printed nor logged|silent).* 1 s",
        options="silence=1",
    ),
]

ENDS = [
    fails(
        "A6 a segfault",
        "import faulthandler\n\ndef inner():\n    faulthandler._sigsegv()  # here\n\ninner()",
        r"Crashed \(SIGSEGV\)",
    ),
    fails("A7 an abort", "import os\nos.abort()  # here", r"Crashed \(SIGABRT\)"),
    fails("A7 SIGKILL to itself", "import os\nos.kill(os.getpid(), 9)", r"Crashed \(SIGKILL\)(.|\n)*ran out of memory"),
    fails("A7 SIGBUS to itself", "import os\nos.kill(os.getpid(), 7)  # here", r"Crashed \(SIGBUS\)"),
    fails("A8 os._exit(0)", "import os\nos._exit(0)", r"Exited \(code 0\) before the run ended"),
    fails("A9 os._exit(3)", "import os\nos._exit(3)", r"Exited \(code 3\) before the run ended"),
    passes("A10 sys.exit() at the end", "import sys\nsys.exit()"),
    passes("A10 exit(0) at the end", "exit(0)"),
    fails("A10 sys.exit(3)", "import sys\nsys.exit(3)  # here", r"Exited \(code 3\) before the run ended"),
    fails(
        "A10 sys.exit(0) before a metric",
        "import sys\nsys.exit(0)\nacc = 1",
        "'acc' is not a variable",
        options='metrics="acc"',
    ),
    fails("A11 KeyboardInterrupt raised", "raise KeyboardInterrupt  # here", "KeyboardInterrupt"),
    fails("A11 GeneratorExit raised", "raise GeneratorExit  # here", "GeneratorExit"),
    fails("A11 an exception that is none", "class Own(BaseException): pass\n\nraise Own('mine')  # here", "Own: mine"),
    fails("A12 recursion", "def f():\n    f()  # here\n\nf()", r"RecursionError(.|\n)* … 9\d\d more"),
    fails(
        "A12 recursion in C",
        "import sys\nx = []\nfor _ in range(10 ** 6): x = [x]\nsys.setrecursionlimit(10 ** 8)\nrepr(x)  # here",
        r"Crashed \(SIGSEGV\)",
    ),
]

LIMITS = [
    fails(
        "A13 an allocation beyond the limit",
        "x = 1\nx = bytearray(1 << 30)  # here",
        "OutOfMemory: ",
        options='memory="256 MiB"',
    ),
    fails(
        "A14 memory that grows in children",
        "import os, time\nfor _ in range(3):\n    if os.fork() == 0:\n        x = bytearray(150 << 20)\n"
        "        for i in range(0, len(x), 4096): x[i] = 1\n        time.sleep(1e6)\ntime.sleep(1e6)  # here",
        r"OutOfMemory: .*\d+ processes",
        options='memory="300 MiB"',
    ),
    fails(
        "A16 a fork bomb",
        "import os\nwhile True: os.fork()",
        "(BlockingIOError|ProcessLimit: .*30 are allowed)",
        options="processes=30 timeout=10",
        somewhere=True,
    ),
    fails(
        "A26 a file beyond the limit",
        "from mkdocs_dlplugin import run\n"
        "with open(run.dir / 'big', 'wb') as file:\n    for _ in range(64): file.write(bytes(1 << 20))  # here",
        "OutOfSpace: ",
        options='file_size="4 MiB"',
    ),
]

LEFT = [
    warns("A17 a daemon left behind", _DAEMON, rf"left 1 process running \(sleep {LONG}\), ended with the run"),
    warns(
        "A18 a thread left behind",
        f"import threading, time\nthreading.Thread(target=time.sleep, args=({LONG},), name='tail').start()",
        r"left 1 thread running \(tail\), ended with the run",
    ),
    warns(
        "A19 a child that holds our pipe",
        f"import subprocess\nsubprocess.Popen(['sleep', '{LONG}'])",
        r"left 1 process running",
    ),
    fails("A20 input()", "x = 1\ninput()  # here", r"EOFError(.|\n)*cannot ask for input"),
    fails("A20 a breakpoint", "for _ in range(2): breakpoint()  # here", "BdbQuit"),
    fails("A20 a password", "import getpass\ngetpass.getpass()  # here", "EOFError"),
    passes(
        "A21 changes of everything around it",
        "import builtins, locale, os, random, sys, time, warnings\nos.makedirs('/tmp', exist_ok=True)\n"
        "os.chdir('/')\nos.environ.clear()\nos.environ['MARK'] = 'touched'\nwarnings.simplefilter('error')\n"
        "sys.path[:] = []\nrandom.seed(99)\nbuiltins.print = None",
    ),
    passes(
        "A22 streams closed and replaced",
        "import io, os, sys\nsys.stdout = io.StringIO()\nfor n in range(3):\n    os.close(n)\nprint('gone')",
    ),
    fails(
        "A23 signal handlers of its own",
        "import faulthandler, signal\nfor n in range(1, 32):\n    if n not in (9, 11, 19):\n"
        "        signal.signal(n, lambda *_: None)\nsignal.alarm(1)\n"
        "faulthandler.dump_traceback_later(1e6)\nwhile True: pass",
        "Timeout: stopped after 2 s",
        options="timeout=2",
    ),
    passes(
        "A24 a pool of processes",
        "import multiprocessing\nwith multiprocessing.get_context('fork').Pool(2) as pool:\n"
        "    print(pool.map(abs, [-1, -2]))",
        shows=r"\[1, 2\]",
    ),
    fails(
        "A25 very many files",
        "files = []\nwhile True: files.append(open('/dev/null'))  # here",
        "OSError: .*Too many open files",
    ),
    warns(
        "A27 an exit handler that hangs",
        f"import atexit, time\natexit.register(time.sleep, {LONG})",
        "exit handlers did not finish",
    ),
    passes("A27 an exit handler that raises", "import atexit\natexit.register(lambda: 1 / 0)"),
    passes(
        "A28 pending asyncio tasks",
        "import asyncio\nloop = asyncio.new_event_loop()\ntask = loop.create_task(asyncio.sleep(99))",
    ),
    passes("A30 an announced failure", "1 / 0", options='raises="ZeroDivisionError"', shows=_RAISED),
    fails(
        "A30 an announced failure that does not come",
        "x = 1",
        "did not raise ValueError",
        options='raises="ValueError"',
    ),
]

CASES: list[Case] = [*A1, *TIME, *ENDS, *LIMITS, *LEFT]
