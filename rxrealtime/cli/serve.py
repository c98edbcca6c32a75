"""Running the embedded server alone, or a proxy with faults in front of another."""

from __future__ import annotations

import asyncio
import logging
import signal

import click

from rxrealtime.cli.printable import one_line
from rxrealtime.errors import ConfigurationError
from rxrealtime.server.loopback import LoopbackServer
from rxrealtime.server.quirks import OPENAI, STRICT
from rxrealtime.server.recorded import script_from_recording
from rxrealtime.server.scenario_files import load_scenario
from rxrealtime.testing.outputs import Injected
from rxrealtime.testing.plans import FaultPlan
from rxrealtime.testing.proxy import FaultProxy
from rxrealtime.testing.specs import parse_fault

__all__ = ["run_proxy", "run_server", "stop_on_signals"]


async def run_server(
    address: tuple[str, int],
    *,
    token: str | None = None,
    scenario: str | None = None,
    recording: str | None = None,
    pace: float | None = None,
    quirks: str | None = None,
) -> None:
    """Serve until SIGINT or SIGTERM.

    Args:
        address: Where to listen, and the port; 0 takes a free one.
        token: What clients must know; None lets everybody on this machine in.
        scenario: The path of a file with a scenario or a script; the default mind if None.
        recording: Or the path of a recorded session, which is played.
        pace: How many times faster than real time audio is generated; as the scenario says if None.
        quirks: "openai" or "strict": where the server departs from the strict protocol; as the scenario says if None.

    Raises:
        RealtimeError: The file is no scenario, a token is missing, or the address cannot be listened on.
    """
    _log_faults()
    if scenario and recording:
        raise ConfigurationError("either --scenario or --recording, not both")
    chosen = script_from_recording(recording) if recording else load_scenario(scenario) if scenario else None
    departs = None if quirks is None else OPENAI if quirks == "openai" else STRICT
    stop = asyncio.Event()
    stop_on_signals(stop)
    server = LoopbackServer(chosen, host=address[0], port=address[1], token=token, pace=pace, quirks=departs)
    await server.start()
    try:
        click.echo(f"serving {server.url}")
        await stop.wait()
    finally:
        await server.close()


async def run_proxy(
    upstream: str, host: str, port: int, *, token: str | None, seed: int, faults: tuple[str, ...]
) -> None:
    """Stand in front of a server until SIGINT or SIGTERM, and print every fault that is injected.

    Args:
        upstream: The url of the server.
        host: Where to listen.
        port: The port; 0 takes a free one.
        token: What clients must know; None lets everybody on this machine in.
        seed: The same seed gives the same faults.
        faults: Faults in words; see `parse_fault`.

    Raises:
        RealtimeError: A fault or the url is not one, a token is missing, or the address cannot be listened on.
    """
    plan = FaultPlan(seed, *(parse_fault(spec) for spec in faults))
    stop = asyncio.Event()
    stop_on_signals(stop)
    async with FaultProxy(upstream, plan, host=host, port=port, token=token, on_injected=_print) as proxy:
        click.echo(f"serving {proxy.url}")
        await stop.wait()


def _print(injected: Injected) -> None:
    click.echo(one_line(f"fault: {injected}"))


def _log_faults() -> None:
    """Show what is wrong with the server itself: nobody else would."""
    shown = logging.StreamHandler()
    shown.setFormatter(logging.Formatter("rxrealtime: %(message)s"))
    logging.getLogger("rxrealtime.server").addHandler(shown)


def stop_on_signals(stop: asyncio.Event) -> None:
    """Let SIGINT and SIGTERM set an event."""
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        try:
            loop.add_signal_handler(number, stop.set)
        except NotImplementedError:  # Windows: Ctrl-C cancels the main task instead
            return
