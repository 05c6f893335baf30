"""Report: links into the repository: a new issue about a number, filled in, and the commit that measured it."""

from __future__ import annotations

import re
from urllib.parse import urlencode, urlsplit

from mkdocs_dlplugin.words import say

LONGEST = 1500
"""Characters of an issue's text; a link that is much longer is cut by browsers and servers."""


def report_url(repository: str, page: str, run: str, metric: str, value: str) -> str:
    """Link the form for a new issue about one number.

    Args:
        repository: Address of the repository; nothing is linked where the kind of its host is not known.
        page: Address of the page that shows the number.
        run: Address of the run, `mlp(n=100)`.
        metric: Name of the metric.
        value: The number as it is shown.

    Returns:
        The address; empty where there is none.
    """
    body = say("report-number", url=page, metric=metric, run=run, value=value)
    return issue_url(repository, say("report-title", number=f"{run}.{metric}", page=page), body)


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
