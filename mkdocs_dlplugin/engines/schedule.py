"""Schedule: which of the waiting jobs may start next, and on which device; values in, one decision out.

A queue is kept in the order of `rank`.  From it `choose` takes the first job there is room for, with three exceptions:
a job that waits for a busy accelerator lets others pass, an accelerator that idles is served before the cores, and an
exclusive job starts when nothing else is left.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from mkdocs_dlplugin import sizes


@dataclass(frozen=True)
class Device:
    """An accelerator of this machine."""

    name: str
    """As torch names it here: `cuda:0`, `mps`, `xpu`."""
    memory: int = 0
    """Bytes it has; 0 when unknown."""
    model: str = ""
    """What its maker calls it."""
    identifier: str = ""
    """What CUDA_VISIBLE_DEVICES calls it; empty for other kinds."""

    @property
    def kind(self) -> str:
        """`cuda`, `mps` or `xpu`."""
        return self.name.partition(":")[0]

    @property
    def title(self) -> str:
        """`cuda:0 (139 GiB)`, for messages."""
        return f"{self.name} ({sizes.show(self.memory)})" if self.memory else self.name


@dataclass(frozen=True)
class Wish:
    """What a waiting job asks for."""

    threads: int = 1
    exclusive: bool = False
    """Whether it runs with nothing beside it."""
    kinds: tuple[str, ...] = ()
    """Kinds of accelerator that would do; none for a job of the CPU."""
    cpu: bool = True
    """Whether the CPU would do where there is no such accelerator."""
    memory: int = 0
    """Bytes of an accelerator's memory it says it needs; 0 takes all of it."""
    expected: float = 0.0
    """Seconds it will take; 0 when unknown."""
    again: bool = False
    """Whether it was started before, and lost through no fault of its own."""


@dataclass(frozen=True)
class Held:
    """What a running job holds."""

    threads: int = 1
    exclusive: bool = False
    device: str = ""
    """Name of its accelerator; empty on the CPU."""
    memory: int = 0
    """Bytes of it that it said it needs; 0 holds all of it."""


@dataclass(frozen=True)
class Machine:
    """What there is to give."""

    slots: int
    """Threads of work at once."""
    devices: tuple[Device, ...] = ()
    """Accelerators, without those that failed."""


@dataclass(frozen=True)
class Start:
    """The decision to start a job."""

    place: int
    """Its place in the queue."""
    device: Device | None = None
    """`None` for the CPU."""


@dataclass(frozen=True)
class Refuse:
    """The decision that a job cannot run on this machine at all."""

    place: int


def rank(wish: Wish) -> tuple[bool, bool, bool, float]:
    """Return what a queue is sorted by.

    Exclusive jobs come last, lost ones first.  Then those of unknown duration, because any of them may be the longest,
    and one long job started last keeps everybody waiting; then the longest.  Equals stay in the order they came in.
    """
    return wish.exclusive, not wish.again, wish.expected > 0, -wish.expected


def choose(queue: Iterable[Wish], held: Sequence[Held], machine: Machine) -> Start | Refuse | None:
    """Decide on the next job.

    Args:
        queue: What waits, in the order of `rank`; read no further than needed, for it may be long.
        held: What the running jobs hold.
        machine: What there is in all.

    Returns:
        The job to start, or to refuse; `None` when all must wait until a running one ends.
    """
    if any(one.exclusive for one in held):
        return None
    free = machine.slots - sum(_width(one.threads, machine) for one in held)
    kept: set[str] = set()
    first: Start | None = None
    for place, wish in enumerate(queue):
        if first is not None and not wish.kinds:
            continue
        if wish.exclusive and (held or place):
            break
        fitting = [
            one for one in machine.devices if one.kind in wish.kinds and wish.memory <= (one.memory or wish.memory)
        ]
        if wish.kinds and not fitting and not wish.cpu:
            return Refuse(place)
        device = _emptiest([one for one in fitting if one.name not in kept and _room(wish, one, held)], held)
        if fitting and device is None:
            # Others may pass, but not onto the one that will be free first, or small jobs would keep a big one out.
            if waits_for := _emptiest([one for one in fitting if one.name not in kept], held):
                kept.add(waits_for.name)
            continue
        if _width(wish.threads, machine) > free:
            if first is None:
                return None  # the widest must find room some day, so that nothing passes it
            continue
        if device is not None:
            return Start(place, device)
        first = first or Start(place)
        if not machine.devices:
            break
    return first


def _width(threads: int, machine: Machine) -> int:
    """Count the slots that a job takes; all of them at most."""
    return min(max(1, threads), machine.slots)


def _room(wish: Wish, device: Device, held: Sequence[Held]) -> bool:
    """Tell whether a job may start on a device beside those that are there."""
    there = [one for one in held if one.device == device.name]
    if not there:
        return True
    stated = wish.memory and all(one.memory for one in there)
    # Only CUDA shares well: it keeps processes apart, and a limit of memory can be set for each.
    return bool(stated) and device.kind == "cuda" and sum(one.memory for one in there) + wish.memory <= device.memory


def _emptiest(devices: Sequence[Device], held: Sequence[Held]) -> Device | None:
    return min(devices, key=lambda device: sum(one.device == device.name for one in held), default=None)
