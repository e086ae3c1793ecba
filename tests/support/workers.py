"""How tests are dealt out to several workers: one by one, but for those that share what is costly to set up."""

from __future__ import annotations

from xdist.scheduler import LoadScopeScheduling

SHARING = (
    "tests/browser/", "tests/demo/", "tests/integrations/test_faults.py", "tests/store/test_sql.py",
    "tests/viewer/test_hostile.py", "tests/viewer/test_routes.py",
)  # fmt: skip
"""Where a browser, a recorded session, a filled store or a survey of lines serves many tests."""


class Scheduler(LoadScopeScheduling):
    """Gives each group to one worker, the largest groups first, so that none is left for the end."""

    def _split_scope(self, nodeid: str) -> str:
        return next((group for group in SHARING if nodeid.startswith(group)), nodeid)
