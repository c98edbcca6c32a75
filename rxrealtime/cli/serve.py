"""Running the embedded server alone."""

from __future__ import annotations

import asyncio
import logging
import signal

import click

from rxrealtime.errors import ConfigurationError
from rxrealtime.server.loopback import LoopbackServer
from rxrealtime.server.recorded import script_from_recording
from rxrealtime.server.scenario_files import load_scenario

__all__ = ["run_server"]


async def run_server(
    address: tuple[str, int],
    *,
    token: str | None,
    scenario: str | None = None,
    recording: str | None = None,
    pace: float | None,
) -> None:
    """Serve until SIGINT or SIGTERM.

    Args:
        address: Where to listen, and the port; 0 takes a free one.
        token: What clients must know; None lets everybody on this machine in.
        scenario: The path of a file with a scenario or a script; the default mind if None.
        recording: Or the path of a recorded session, which is played.
        pace: How many times faster than real time audio is generated; as the scenario says if None.

    Raises:
        RealtimeError: The file is no scenario, a token is missing, or the address cannot be listened on.
    """
    _log_faults()
    if scenario and recording:
        raise ConfigurationError("either --scenario or --recording, not both")
    chosen = script_from_recording(recording) if recording else load_scenario(scenario) if scenario else None
    stop = asyncio.Event()
    _stop_on_signals(stop)
    server = LoopbackServer(chosen, host=address[0], port=address[1], token=token, pace=pace)
    await server.start()
    try:
        click.echo(f"serving {server.url}")
        await stop.wait()
    finally:
        await server.close()


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
