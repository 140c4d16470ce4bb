"""Which tests stay together when several workers run them (`pytest`, unless `-n 0` is given)."""

from __future__ import annotations

from xdist.scheduler import LoadScopeScheduling


class CasesTogether(LoadScopeScheduling):
    """All cases of one test go to one worker, where what they share is made once. Tests with most cases come first."""

    def _split_scope(self, nodeid: str) -> str:
        return nodeid.partition("[")[0]
