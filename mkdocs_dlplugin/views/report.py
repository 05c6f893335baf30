"""Report: links into the repository: a new issue about a number, filled in, and the commit that measured it."""

from __future__ import annotations

import re
from urllib.parse import urlencode, urlsplit

LONGEST = 1500
"""Characters of an issue's text; a link that is much longer is cut by browsers and servers."""


def issue_url(repository: str, title: str, body: str) -> str:
    """Link the form for a new issue with a title and a text in it; empty where the host is of no known kind."""
    base, body = _base(repository), body[:LONGEST]
    kind = _kind(base)
    if kind == "gitlab":
        return f"{base}/-/issues/new?{urlencode({'issue[title]': title, 'issue[description]': body})}"
    return f"{base}/issues/new?{urlencode({'title': title, 'body': body})}" if kind else ""


def commit_url(repository: str, commit: str) -> str:
    """Link a commit; empty where the host is of no known kind."""
    base = _base(repository)
    middle = {"gitlab": "/-/commit/", "github": "/commit/", "gitea": "/commit/"}.get(_kind(base), "")
    return f"{base}{middle}{commit}" if middle and commit else ""


def _base(repository: str) -> str:
    return re.sub(r"(?:\.git)?/*$", "", repository.strip())


def _kind(base: str) -> str:
    """Tell by its name which software a host runs."""
    parts = urlsplit(base)
    host = parts.hostname or ""
    if parts.scheme not in ("http", "https"):
        return ""
    if host.split(".")[0] == "github" or host.endswith(".github.com"):
        return "github"
    if "gitlab" in host:
        return "gitlab"
    return "gitea" if host == "codeberg.org" or "gitea" in host or "forgejo" in host else ""
