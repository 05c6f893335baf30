"""Sections E and I: what the machine lacks is said, and what is not the page's is out of its reach."""

from __future__ import annotations

from faults.case import Case, fails, passes, warns

SECRET = "s3cr3t-value-of-a-token"
"""Must stand nowhere afterwards."""

_VARIABLES = ("GITHUB_TOKEN", "AWS_SECRET_ACCESS_KEY", "MY_API_KEY", "HF_TOKEN", "PLAIN")

_ALL_ENVIRONMENTS = """\
import pathlib
found = []
for file in pathlib.Path("/proc").glob("[0-9]*/environ"):
    try:
        found.append(b"GITHUB_TOKEN=" in file.read_bytes())
    except OSError:
        pass
print("of others:", sum(found))
"""

_KILL = """\
import os, pathlib
killed = 0
for folder in pathlib.Path("/proc").glob("[0-9]*"):
    try:
        words = (folder / "cmdline").read_bytes()
        if b"mkdocs\\0build" in words or b"watch.py" in words or b"pytest" in words:
            os.kill(int(folder.name), 9)
            killed += 1
    except OSError:
        pass
print("ended:", killed)
"""

_TALK = """\
import socket
server = socket.create_server(("127.0.0.1", 0))
client = socket.create_connection(server.getsockname())
print("connected")
"""

_NO_LANDLOCK = """\
from mkdocs_dlplugin.engines import sandbox
def on_config(config):
    sandbox.version = lambda: 0
"""

MACHINE: list[Case] = [
    fails(
        "E1 a library that is not installed",
        "import sys\nsys.modules['torch'] = None\n__import__('torch')  # here",
        r"ModuleNotFoundError: .*torch(.|\n)*pip install 'mkdocs-dlplugin\[torch\]'",
    ),
    fails(
        "E2 a GPU that is not there",
        "x = 1",
        "needs CUDA",
        options='device="require:cuda"',
        environ={"CUDA_VISIBLE_DEVICES": ""},
    ),
    passes(
        "E2 a GPU that would be welcome",
        "from mkdocs_dlplugin import run\nprint('on', run.device)",
        options='device="prefer:cuda"',
        shows="on cpu",
        environ={"CUDA_VISIBLE_DEVICES": ""},
    ),
    passes(
        "E10 no home and no place for temporary files",
        "import pathlib, tempfile\nwith tempfile.TemporaryFile() as file: file.write(b'x')\n"
        "(pathlib.Path.home() / 'cache').write_text('x')\nprint('written')",
        shows="written",
        environ={"HOME": "/nonexistent", "TMPDIR": "/nonexistent"},
    ),
]

SANDBOX: list[Case] = [
    passes(
        "I1 secrets in the environment",
        f"import os\nprint('seen:', [os.environ[n] for n in {_VARIABLES} if n in os.environ])",
        shows=r"seen: \[\]",
        hides=SECRET,
        environ=dict.fromkeys(_VARIABLES, SECRET),
    ),
    passes(
        "I2 the environment of the build",
        _ALL_ENVIRONMENTS,
        shows="of others: 0",
        hides=SECRET,
        environ={"GITHUB_TOKEN": SECRET},
    ),
    warns(
        "I3 a secret that is printed",
        "import os\nprint('it is', os.environ['API_KEY'])",
        "output contained the value of API_KEY: masked",
        options='secrets="API_KEY"',
        hides=SECRET,
        environ={"API_KEY": SECRET},
    ),
    fails(
        "I3 a secret in a message",
        "import os\nraise ValueError(os.environ['API_KEY'])  # here",
        r"ValueError: \*\*\*",
        options='secrets="API_KEY"',
        hides=SECRET,
        environ={"API_KEY": SECRET},
    ),
    fails(
        "I4 a file outside the project that is read",
        "open('../private.txt')  # here",
        r"Sandbox: reading \S* is not allowed",
        files={"../private.txt": "x"},
        settings={"sandbox": "strict"},
    ),
    fails(
        "I5 a file outside the project",
        "open('../outside.txt', 'w')  # here",
        r"Sandbox: writing to \S* is not allowed",
    ),
    fails(
        "I5 a page that rewrites a page", "open('docs/good.md', 'w')  # here", r"Sandbox: writing to \S* is not allowed"
    ),
    fails("I5 a file of somebody else removed", "import os\nos.remove('mkdocs.yml')  # here", "Sandbox: "),
    passes("I5 a folder the page may write to", "open('data/x.txt', 'w').write('x')", options='write_to="data"'),
    passes("I5 its own folder", "from mkdocs_dlplugin import run\n(run.dir / 'x.txt').write_text('x')"),
    fails(
        "I6 a connection",
        "import socket\nsocket.create_connection(('192.0.2.1', 9), 5)  # here",
        "Sandbox: the network is off",
    ),
    fails(
        "I6 a name looked up",
        "import urllib.request\nurllib.request.urlopen('http://dlplugin.example/', timeout=5)  # here",
        "Sandbox: the network is off",
    ),
    passes("I6 a connection that the page may make", _TALK, options="network=true", shows="connected"),
    passes("I7 the build ended by a run", _KILL, shows="ended: 0"),
]
