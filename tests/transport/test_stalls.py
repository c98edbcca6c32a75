"""How long the loop stood still."""

from __future__ import annotations

import asyncio

from rxrealtime.transport.stalls import PERIOD, StallWatch
from tests.clocks import MovedLoop
from tests.leaks import run_clean


def test_t7_a_standstill_is_measured_while_it_goes_on_and_remembered_after() -> None:
    """T7: so that a death by keepalive can name our own loop."""
    loop = MovedLoop()

    async def main() -> tuple[float, float]:
        looked = asyncio.Event()

        def look() -> int:
            looked.set()
            return 7

        watch = StallWatch(loop, 60.0, look)
        loop.moved += PERIOD + 3.0  # user code that holds the loop
        during = watch.longest
        await looked.wait()
        after, unsent = watch.longest, watch.unsent_bytes
        watch.stop()
        assert unsent == 7
        return during, after

    during, after = run_clean(main, loop_factory=lambda: loop)
    assert 3.0 <= during <= after < 3.0 + PERIOD
