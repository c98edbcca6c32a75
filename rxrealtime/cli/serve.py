"""Running the embedded server alone, or a proxy with faults in front of another."""

from __future__ import annotations

import asyncio
import logging
import signal

import click

from rxrealtime.cli.printable import one_line
from rxrealtime.server.loopback import LoopbackServer
from rxrealtime.server.quirks import Quirks
from rxrealtime.server.scenario_files import load_scenario
from rxrealtime.testing.outputs import Injected
from rxrealtime.testing.plans import FaultPlan
from rxrealtime.testing.proxy import FaultProxy
from rxrealtime.testing.specs import parse_fault

__all__ = ["run_proxy", "run_server"]


async def run_server(
    host: str, port: int, *, token: str | None, scenario: str | None, pace: float | None, quirks: Quirks | None = None
) -> None:
    """Serve until SIGINT or SIGTERM.

    Args:
        host: Where to listen.
        port: The port; 0 takes a free one.
        token: What clients must know; None lets everybody on this machine in.
        scenario: The path of a scenario file; the default mind if None.
        pace: How many times faster than real time audio is generated; as the scenario says if None.
        quirks: Where the server departs from the strict protocol; as the scenario says if None.

    Raises:
        RealtimeError: The file is no scenario, a token is missing, or the address cannot be listened on.
    """
    _log_faults()
    chosen = load_scenario(scenario) if scenario else None
    stop = asyncio.Event()
    _stop_on_signals(stop)
    async with LoopbackServer(chosen, host=host, port=port, token=token, pace=pace, quirks=quirks) as server:
        click.echo(f"serving {server.url}")
        await stop.wait()


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
    _stop_on_signals(stop)
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


def _stop_on_signals(stop: asyncio.Event) -> None:
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        try:
            loop.add_signal_handler(number, stop.set)
        except NotImplementedError:  # Windows: Ctrl-C cancels the main task instead
            return
