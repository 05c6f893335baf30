"""Section B: whatever code prints, the page shows it as text, in bounded size, and the terminal stays readable."""

from __future__ import annotations

from faults.case import Case, fails, passes, warns

FLOOD = r"printed 1\.\d GB; the first and the last \d+(\.\d)? kB are kept"

CASES: list[Case] = [
    warns("B1 a gigabyte of output", "line = 'x' * 999_999\nfor _ in range(1024): print(line)", FLOOD),
    warns(
        "B2 one line of a hundred megabytes",
        "import sys\nfor _ in range(100): sys.stdout.write('y' * 1_000_000)",
        r"printed 100\.0 MB; the first and the last",
    ),
    passes(
        "B5 bytes from C",
        "import ctypes, os\nos.write(1, b'raw \\xff\\x00 end\\n')\n"
        "ctypes.CDLL(None).puts(b'from C')\nos.write(2, b'to stderr\\n')",
        shows=r"raw \\xff\\x00 end from C to stderr",
    ),
    passes(
        "B10 paths of this machine in a warning",
        "import helper\nprint(__import__('os').getcwd(), __import__('pathlib').Path.home())",
        files={"helper.py": "import warnings\nwarnings.warn('old')\n"},
        shows=r"helper\.py:2: UserWarning: old",
    ),
    passes("B11 what differs every time", "import time\nprint(object(), time.time_ns(), {*'abc'})"),
    passes(
        "B12 output after the end", "import atexit\natexit.register(print, 'late')\nprint('in time')", shows="in time"
    ),
    fails(
        "B14 a message that the terminal cannot write",
        "raise ValueError('é → 漢 \\ud800')  # here",
        r"ValueError: \S+ \S+ \S+",
        shows="ValueError: é → 漢",
        environ={"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONIOENCODING": "ascii", "PYTHONCOERCECLOCALE": "0"},
    ),
]
