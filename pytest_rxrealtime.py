"""The pytest plugin of rxrealtime: fixtures for tests of realtime clients.

A module of its own beside the package, because pytest imports it in every run of everybody who has rxrealtime
installed: nothing is imported here until a test asks for a fixture.

| fixture | what it is |
|---|---|
| `realtime_server` | the embedded server, in a thread: ``realtime_server.url``; call it for one with options |
| `realtime_session` | makes a `Session` to that server |
| `virtual_time` | runs an async function on a loop whose clock is virtual |
| `run_clean` | runs an async function, and fails if it leaves anything behind |
| `faults` | makes seeded plans of faults on the wire |
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from rxrealtime.testing.fixtures import Servers, Sessions

__all__ = ["faults", "realtime_server", "realtime_session", "run_clean", "virtual_time"]


@pytest.fixture
def realtime_server() -> Iterator[Servers]:
    """The embedded server: ``.url`` and ``.port`` of one that is started when first asked for; a call starts another.

    It runs in a thread, so that tests of any kind can talk to it, async or not.
    """
    from rxrealtime.testing.fixtures import Servers

    with Servers() as servers:
        yield servers


@pytest.fixture
def realtime_session(realtime_server: Servers) -> Iterator[Sessions]:
    """Make a session to `realtime_server`: ``async with realtime_session(agent=...) as session``.

    A session that a test opened and did not close is an error of that test.
    """
    from rxrealtime.testing.fixtures import Sessions

    sessions = Sessions(realtime_server)
    yield sessions
    sessions.check()


@pytest.fixture
def virtual_time() -> Callable[..., Any]:
    """Run an async function on a loop whose clock is virtual: ``virtual_time(main)``; see `virtual_run`."""
    from rxrealtime.testing.virtual import virtual_run

    return virtual_run


@pytest.fixture
def run_clean() -> Callable[..., Any]:
    """Run an async function, and fail if it leaves a task, a timer, a socket or a subscription behind."""
    from rxrealtime.testing.leaks import run_clean

    return run_clean


@pytest.fixture
def faults() -> Callable[..., Any]:
    """Make a seeded plan of faults on the wire: ``faults(seed)``; see `rxrealtime.testing.faults`."""
    from rxrealtime.testing.fixtures import plan_faults

    return plan_faults
