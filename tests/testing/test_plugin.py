"""The pytest plugin, in runs of pytest of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable

import pytest

_PLUGIN = ("-p", "no:cacheprovider")


@pytest.fixture
def passing(pytester: pytest.Pytester) -> Callable[..., pytest.RunResult]:
    """Run a test file with the plugin, and expect these outcomes."""

    def run(source: str, **outcomes: int) -> pytest.RunResult:
        pytester.makepyfile(source)
        result = pytester.runpytest_inprocess(*_PLUGIN)
        result.assert_outcomes(**(outcomes or {"passed": 1}))
        return result

    return run


def test_loading_the_plugin_imports_nothing() -> None:
    """pytest loads it in every run of everybody: a test that asks for no fixture pays nothing."""
    code = "import pytest, sys; before = set(sys.modules); import pytest_rxrealtime, json; "
    code += "print(json.dumps(sorted(set(sys.modules) - before - {'json'})))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)  # noqa: S603

    loaded = {name.split(".")[0] for name in json.loads(done.stdout)}
    assert loaded & {"rxrealtime", "pydantic", "reactivex", "websockets", "hypothesis"} == set()
    assert "pytest_rxrealtime" in loaded


def test_importing_the_kit_imports_nothing_optional() -> None:
    """Neither pytest nor hypothesis is needed for `rxrealtime.testing` itself."""
    code = "import sys, rxrealtime.testing as kit; [getattr(kit, name) for name in kit.__all__]; "
    code += "print('pytest' in sys.modules, 'hypothesis' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)  # noqa: S603

    assert done.stdout.split() == [b"False", b"False"]


def test_a_test_that_is_not_async_talks_to_the_server(passing: Callable[..., pytest.RunResult]) -> None:
    """The server runs in a thread; one that is called has options, and all end with the test."""
    passing(
        """
        import json
        import threading
        import websockets.sync.client as client

        def test_it(realtime_server):
            other = realtime_server(token="secret")
            assert other.port != realtime_server.port
            for url, headers in ((realtime_server.url, {}), (other.url, {"Authorization": "Bearer secret"})):
                with client.connect(url, additional_headers=headers) as connection:
                    assert json.loads(connection.recv())["type"] == "session.created"

        def test_nothing_is_left():
            assert [t.name for t in threading.enumerate() if "rxrealtime" in t.name] == []
        """,
        passed=2,
    )


def test_an_async_test_has_a_session(passing: Callable[..., pytest.RunResult]) -> None:
    """Whatever runs it."""
    passing(
        """
        import asyncio
        from rxrealtime import commands

        def test_it(realtime_session):
            async def main():
                async with realtime_session() as session:
                    await session.send(*commands.say("hello"))
                    async for event in session:
                        if event.type == "response.done":
                            return event.response.status
            assert asyncio.run(main()) == "completed"
        """
    )


def test_a_session_that_is_left_open_is_an_error(passing: Callable[..., pytest.RunResult]) -> None:
    """The test that opened it is named."""
    result = passing(
        """
        import asyncio
        from rxrealtime import MemoryTransport

        def test_it(realtime_session):
            realtime_session()

            async def main():
                await realtime_session(MemoryTransport()).open()

            asyncio.run(main())
        """,
        passed=1,
        errors=1,
    )
    result.stdout.fnmatch_lines(["*LeakError: 1 session(s)*opened and not closed*"])


def test_virtual_time_and_clean_runs(passing: Callable[..., pytest.RunResult]) -> None:
    """The two ways to run an async test without any other plugin."""
    passing(
        """
        import asyncio
        import pytest

        async def hour():
            await asyncio.sleep(3600)
            return asyncio.get_running_loop().time()

        async def untidy():
            asyncio.get_running_loop().call_later(1000, print)

        def test_it(virtual_time, run_clean):
            assert virtual_time(hour) == 3600
            with pytest.raises(AssertionError, match="timer"):
                run_clean(untidy)
        """
    )


def test_a_plan_of_faults_is_seeded(passing: Callable[..., pytest.RunResult]) -> None:
    """The same seed gives the same faults."""
    pytest.importorskip("rxrealtime.testing.plans", reason="needs rxrealtime.testing.plans, which is not here")
    passing(
        """
        from rxrealtime.testing.faults import drop

        def test_it(faults):
            assert faults(7, drop()) == faults(7, drop())
            assert faults(7).seed == 7
        """
    )


def test_a_fixture_of_the_same_name_goes_first(passing: Callable[..., pytest.RunResult]) -> None:
    """Whoever has a fixture of that name keeps it."""
    passing(
        """
        import pytest

        @pytest.fixture
        def faults():
            return "mine"

        def test_it(faults):
            assert faults == "mine"
        """
    )
