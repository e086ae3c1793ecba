"""What tests ask a viewer over HTTP."""

from __future__ import annotations


def find(client, name, **query):
    """The row of the newest trace of this name."""
    found = client.get("/traces.json", params={"limit": 100, **query}).json()["traces"]
    return next(trace for trace in found if trace["name"] == name)


def page(client, path, status=200):
    """The text of a page."""
    answer = client.get(path)
    assert answer.status_code == status, answer.text
    return answer.text
