"""Masking: keep secret values out of everything a job leaves to be stored or shown."""

from __future__ import annotations

import functools
import html
import json
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from mkdocs_dlplugin.engines.wire import pack, pack_failure, unpack, unpack_failure
from mkdocs_dlplugin.errors import RunFailed
from mkdocs_dlplugin.fingerprint import digest_bytes
from mkdocs_dlplugin.model import Record
from mkdocs_dlplugin.whereabouts import clean

MASK = "***"
"""What stands in the place of a secret."""

SHORTEST = 8
"""Characters from which on a variable that only looks secret is masked; shorter values are found by chance."""

_LOOKS_SECRET = re.compile(r"(?i)(token|secret|passw(or)?d|credential|api_?key|private_?key|access_?key|_key$|^aws_)")


def secrets_of(environ: Mapping[str, str], declared: Mapping[str, str]) -> dict[str, str]:
    """Choose what is masked: the values a run declared as secrets, and those of variables whose names say so.

    Args:
        environ: The environment of the build.
        declared: The variables named by the option `secrets`, of any length.

    Returns:
        Values by name.
    """
    looks = {n: v for n, v in environ.items() if len(v) >= SHORTEST and _LOOKS_SECRET.search(n)}
    return {name: value for name, value in {**looks, **declared}.items() if value}


def mask(text: str, secrets: Mapping[str, str]) -> tuple[str, tuple[str, ...]]:
    """Hide secret values in a text; return it with the names of those that stood there."""
    # Tables and HTML that a run showed write some letters in their own way.
    found = {way: name for name, value in secrets.items() for way in _ways(value) if way in text}
    # The longest first, because one may stand inside another.
    for way in sorted(found, key=len, reverse=True):
        text = text.replace(way, MASK)
    return text, tuple(dict.fromkeys(found.values()))


@functools.lru_cache(maxsize=256)
def _ways(secret: str) -> frozenset[str]:
    """Return a secret as text, JSON and HTML write it, and as it reads once the home folder was taken out of it."""
    homeless = clean(secret)
    read = {secret, homeless} if len(homeless) >= SHORTEST else {secret}
    return frozenset(way for one in read for way in (one, json.dumps(one, ensure_ascii=False)[1:-1], html.escape(one)))


def mask_record(record: Record, secrets: Mapping[str, str]) -> Record:
    """Hide secret values in all texts of a record and its text files, with a note that says which were there."""
    if not secrets:
        return record
    value = pack(replace(record, blobs={}))
    told: set[str] = set()
    masked = _everywhere(value, secrets, told)
    blobs = {name: _in_bytes(content, secrets, told) for name, content in record.blobs.items()}
    if not told:
        return record
    note = f"output contained the value of {', '.join(sorted(told))}: masked"
    made = unpack({**masked, "blobs": {}})
    return replace(made, blobs=blobs, assets=_digests(blobs, record), notes=(*made.notes, note))


def mask_failure(failed: RunFailed, secrets: Mapping[str, str]) -> RunFailed:
    """Hide secret values in all texts of a failure."""
    packed = {**pack_failure(failed), "output": failed.output}
    if not mask(json.dumps(packed, ensure_ascii=False), _escaped(secrets))[1]:
        return failed
    masked = _everywhere(packed, secrets, set())
    made = unpack_failure(masked)
    made.output = masked["output"]
    return made


def _escaped(secrets: Mapping[str, str]) -> dict[str, str]:
    return {name: json.dumps(value, ensure_ascii=False)[1:-1] for name, value in secrets.items()}


def _everywhere(value: Any, secrets: Mapping[str, str], told: set[str]) -> Any:
    if isinstance(value, str):
        text, found = mask(value, secrets)
        told.update(found)
        return text
    if isinstance(value, Mapping):
        return {name: _everywhere(part, secrets, told) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(_everywhere(part, secrets, told) for part in value)
    return value


def _in_bytes(content: bytes, secrets: Mapping[str, str], told: set[str]) -> bytes:
    for name, value in secrets.items():
        if value.encode() in content:
            told.add(name)
            content = content.replace(value.encode(), MASK.encode())
    return content


def _digests(blobs: Mapping[str, bytes], record: Record) -> dict[str, str]:
    """Digest the files anew where masking changed them."""
    changed = {name: digest_bytes(content) for name, content in blobs.items() if content != record.blobs[name]}
    return {**record.assets, **changed}
