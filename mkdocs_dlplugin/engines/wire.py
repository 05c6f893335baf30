"""Wire: how jobs travel to another process and records come back, as lines of JSON that need no trust."""

from __future__ import annotations

import base64
import json
import os
import pickle
import socket
import struct
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

from mkdocs_dlplugin.engines.schedule import Device
from mkdocs_dlplugin.errors import RunFailed
from mkdocs_dlplugin.model import Job, Observed, Output, Record, Where


@dataclass(frozen=True)
class Order:
    """What the zygote's child needs to run one job."""

    job: Job
    folder: str
    """Scratch folder of this job alone."""
    skip: str
    """Scratch folder of all jobs, which is no input of any."""
    device: Device | None = None
    """The accelerator it is given; `None` for a job on the CPU."""
    sandbox: Literal["auto", "required", "strict", "off"] = "auto"
    """Whether it is kept from writing and connecting."""


def send_order(control: socket.socket, order: Order, files: list[int]) -> None:
    """Send an order with the file descriptors its process takes over."""
    # Pickle goes from the build to its own helper only, never back from the code of a page.
    content = pickle.dumps(order)
    socket.send_fds(control, [struct.pack("!I", len(content))], files)
    control.sendall(content)


def receive_order(control: socket.socket) -> tuple[Order, list[int]] | None:
    """Receive an order and its file descriptors; `None` when the build is gone."""
    head, files, _, _ = socket.recv_fds(control, 4, 3)
    if len(head) < 4:
        return None
    (missing,) = struct.unpack("!I", head)
    content = bytearray()
    while missing > len(content):
        piece = control.recv(min(1 << 20, missing - len(content)))
        if not piece:
            return None
        content += piece
    order = pickle.loads(content)  # noqa: S301 - written by send_order above
    return (order, files) if isinstance(order, Order) else None


class Channel:
    """The way from a job's process to the build: one line of JSON per message."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._identity = _identity(descriptor)

    def send(self, **message: Any) -> None:
        """Write one message.

        Raises:
            OSError: the code has closed the channel; the number may stand for a file of its own by now.
        """
        if _identity(self._descriptor) != self._identity:
            raise OSError("the channel to the build was closed")
        content = json.dumps(message).encode() + b"\n"
        while content:
            content = content[os.write(self._descriptor, content) :]


def _identity(descriptor: int) -> tuple[int, int]:
    status = os.fstat(descriptor)
    return status.st_dev, status.st_ino


def pack(record: Record) -> dict[str, Any]:
    """Turn a record into plain JSON values, blobs in base64."""
    blobs = {name: base64.b64encode(content).decode() for name, content in record.blobs.items()}
    return {**asdict(record), "blobs": blobs}


def unpack(value: Mapping[str, Any]) -> Record:
    """Read what `pack` wrote."""
    return Record(
        **{
            **value,
            "series": {name: (tuple(steps), tuple(values)) for name, (steps, values) in value["series"].items()},
            "outputs": tuple(Output(**output) for output in value["outputs"]),
            "observed": Observed(**value["observed"]),
            "notes": tuple(value["notes"]),
            "blobs": {name: base64.b64decode(content) for name, content in value["blobs"].items()},
        }
    )


def pack_failure(failed: RunFailed) -> dict[str, Any]:
    """Turn a failure into plain JSON values, likewise."""
    values = {name: getattr(failed, name) for name in ("problem", "hint", "kind", "job", "seed", "part", "frames")}
    return {"where": asdict(failed.where), **values}


def unpack_failure(value: Mapping[str, Any]) -> RunFailed:
    """Read what `pack_failure` wrote."""
    rest = {name: value[name] for name in ("kind", "job", "seed", "part")}
    return RunFailed(Where(**value["where"]), value["problem"], value["hint"], **rest, frames=tuple(value["frames"]))
