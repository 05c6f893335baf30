"""Schedule: cores and accelerators are kept busy, the longest job starts first, and nobody is kept out for ever."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import pytest

from mkdocs_dlplugin.engines.schedule import Device, Held, Machine, Refuse, Start, Wish, choose, rank

GIB = 1 << 30
A, B = Device("cuda:0", 80 * GIB, identifier="0"), Device("cuda:1", 80 * GIB, identifier="1")
SMALL = Device("cuda:2", 8 * GIB)
TWO = Machine(2)
GPU = Wish(kinds=("cuda",), cpu=False)


def share(memory: float, **more: object) -> Wish:
    return Wish(kinds=("cuda",), cpu=False, memory=int(memory * GIB), **more)  # type: ignore[arg-type]


def on(device: Device, memory: float = 0) -> Held:
    return Held(device=device.name, memory=int(memory * GIB))


@pytest.mark.parametrize(
    ("what", "queue", "held", "machine", "decision"),
    [
        ("nothing waits", [], [], TWO, None),
        ("the first job starts", [Wish()], [], TWO, Start(0)),
        ("no slot is free", [Wish()], [Held(), Held()], TWO, None),
        ("a wide job takes its slots", [Wish(2)], [], TWO, Start(0)),
        ("a wide job waits for room, and no narrow one passes it", [Wish(2), Wish()], [Held()], TWO, None),
        ("a job wider than the machine runs alone", [Wish(9)], [], TWO, Start(0)),
        ("an exclusive job waits for those that run", [Wish(exclusive=True)], [Held()], TWO, None),
        ("an exclusive job runs when nothing else is left", [Wish(exclusive=True)], [], TWO, Start(0)),
        ("nothing starts beside an exclusive job", [Wish()], [Held(exclusive=True)], TWO, None),
        ("a job of the GPU takes one", [GPU], [], Machine(2, (A, B)), Start(0, A)),
        ("the second one takes the other", [GPU], [on(A)], Machine(2, (A, B)), Start(0, B)),
        ("one job per GPU", [GPU], [on(A)], Machine(2, (A,)), None),
        ("while it waits, jobs of the CPU pass", [GPU, Wish()], [on(A)], Machine(2, (A,)), Start(1)),
        ("an idle GPU is served before the cores", [Wish(), GPU], [], Machine(2, (A,)), Start(1, A)),
        ("a GPU does not make a wide job wait longer", [Wish(2), GPU], [Held()], Machine(2, (A,)), None),
        ("a job that cannot run keeps no other", [Wish(), GPU], [], TWO, Start(0)),
        ("without a GPU a job that needs one is refused", [GPU, Wish()], [], TWO, Refuse(0)),
        ("without a GPU a job that prefers one takes the CPU", [Wish(kinds=("cuda",))], [], TWO, Start(0)),
        ("with a busy one it waits", [Wish(kinds=("cuda",))], [on(A)], Machine(2, (A,)), None),
        ("another kind will not do", [Wish(kinds=("mps",), cpu=False)], [], Machine(2, (A,)), Refuse(0)),
        ("any kind will do", [Wish(kinds=("cuda", "mps"))], [], Machine(2, (Device("mps"),)), Start(0, Device("mps"))),
        ("jobs that say their memory share", [share(40)], [on(A, 40)], Machine(4, (A,)), Start(0, A)),
        ("... if the sum fits", [share(41)], [on(A, 40)], Machine(4, (A,)), None),
        ("... and everybody there says it", [share(1)], [on(A)], Machine(4, (A,)), None),
        ("whoever says nothing is alone", [GPU], [on(A, 1)], Machine(4, (A,)), None),
        ("sharers spread over the GPUs", [share(1)], [on(A, 1)], Machine(4, (A, B)), Start(0, B)),
        ("unknown memory is not shared", [share(1)], [on(Device("cuda:0"), 1)], Machine(4, (Device("cuda:0"),)), None),
        (
            "MPS is one slot",
            [Wish(kinds=("mps",), memory=1)],
            [Held(device="mps", memory=1)],
            Machine(4, (Device("mps", 80),)),
            None,
        ),
        ("a GPU that is too small is none", [share(9)], [], Machine(2, (SMALL,)), Refuse(0)),
        ("... beside one that is not", [share(9)], [], Machine(2, (SMALL, A)), Start(0, A)),
        ("small jobs do not keep a big one out", [GPU, share(1)], [on(A, 1)], Machine(4, (A,)), None),
        (
            "... and go to a GPU it does not wait for",
            [GPU, share(1)],
            [on(A, 1), on(B, 1), on(B, 1)],
            Machine(9, (A, B)),
            Start(1, B),
        ),
    ],
)
def test_the_next_job(
    what: str, queue: list[Wish], held: list[Held], machine: Machine, decision: Start | Refuse | None
):
    assert choose(queue, held, machine) == decision


def test_the_order_is_lost_then_unknown_then_longest_and_exclusive_last():
    long, short, unknown = Wish(expected=9.0), Wish(expected=1.0), Wish()
    lost, alone = Wish(expected=0.5, again=True), Wish(expected=99.0, exclusive=True)

    assert sorted([alone, short, long, unknown, lost], key=rank) == [lost, unknown, long, short, alone]


def simulate(wishes: Sequence[Wish], machine: Machine) -> dict[int, tuple[float, float]]:
    """Let jobs run as long as they are expected to; return when each started and ended, by its place as given."""
    ordered = sorted(enumerate(wishes), key=lambda one: rank(one[1]))
    now, live, spans = 0.0, [], {}
    while ordered or live:
        while isinstance(start := choose([wish for _, wish in ordered], [held for _, held in live], machine), Start):
            number, wish = ordered.pop(start.place)
            held = Held(wish.threads, wish.exclusive, start.device.name if start.device else "", wish.memory)
            spans[number] = now, now + wish.expected
            live.append((number, held))
        assert live, "nothing runs and nothing may start"
        ended = min(live, key=lambda one: spans[one[0]][1])
        live.remove(ended)
        now = spans[ended[0]][1]
    return spans


def length(spans: dict[int, tuple[float, float]]) -> float:
    return max(end for _, end in spans.values())


def test_one_long_run_among_many_short_ones_costs_no_more_than_itself():
    spans = simulate([*[Wish(expected=1.0)] * 99, Wish(expected=100.0)], TWO)

    assert spans[99][0] == 0.0
    assert length(spans) == 100.0


def test_a_gpu_is_never_idle_while_its_jobs_wait_for_cores():
    spans = simulate([*[Wish(expected=10.0)] * 10, *[Wish(kinds=("cuda",), expected=1.0)] * 50], Machine(2, (A,)))

    assert length(spans) <= 80.0  # 75 if it could be divided; the cores first would take 100


@pytest.mark.parametrize(
    "order", list(itertools.permutations([Wish(), Wish(4), Wish(4, exclusive=True), GPU, share(9)]))
)
def test_every_job_gets_its_turn_in_whatever_order_they_come(order: tuple[Wish, ...]):
    machine = Machine(4, (A,))
    jobs = [Wish(**{**one.__dict__, "expected": float(1 + place)}) for place, one in enumerate(order * 3)]
    spans = simulate(jobs, machine)

    assert len(spans) == len(jobs)
    for place, (start, end) in spans.items():
        beside = [other for other, (a, b) in spans.items() if other != place and a < end and start < b]
        assert not (jobs[place].exclusive and beside)
    for instant in {start for start, _ in spans.values()}:
        running = [jobs[place] for place, (start, end) in spans.items() if start <= instant < end]
        assert sum(one.threads for one in running) <= machine.slots
        on_gpu = [one for one in running if one.kinds]
        assert len(on_gpu) <= 1 or (all(one.memory for one in on_gpu) and sum(one.memory for one in on_gpu) <= A.memory)


def test_a_device_is_named_with_its_memory():
    assert (Device("cuda:0", 139 * GIB).title, Device("mps").title) == ("cuda:0 (139 GiB)", "mps")
    assert (Device("cuda:1").kind, Device("mps").kind) == ("cuda", "mps")
