"""How tests are dealt out to several workers: one by one, but for those that share what is costly to set up."""

from __future__ import annotations

from xdist.scheduler import LoadScopeScheduling

SHARING = (
    "tests/browser/", "tests/demo/", "tests/dialects/test_mutations.py", "tests/integrations/test_faults.py",
    "tests/query/test_asked.py", "tests/store/test_ledger.py", "tests/store/test_ledger_recorded.py",
    "tests/store/test_sql.py",
)  # fmt: skip
"""Where a browser, a recorded session, a filled store or a survey of lines serves many tests."""

VIEWER = "tests/viewer/"
"""Where each file has a filled store, and a server of it."""


class Scheduler(LoadScopeScheduling):
    """Gives each group to one worker, the largest groups first, so that none is left for the end."""

    def _split_scope(self, nodeid: str) -> str:
        if nodeid.startswith(VIEWER):
            return nodeid.partition("::")[0]
        return next((group for group in SHARING if nodeid.startswith(group)), nodeid)
