"""The test kit: for applications on this library, and for any other client of the Realtime protocol.

| module | what it is |
|---|---|
| `marbles` | diagrams whose letters are events: ``hot``, ``cold``, ``expect`` in virtual time |
| `recorded` | a recorded session as such a diagram |
| `doubles` | a strict scripted transport |
| `virtual` | an event loop whose clock is virtual |
| `leaks` | tests that leave nothing behind |
| `serving` | the embedded server in a thread, for tests of any kind |
| `faults`, `faulty` | faults of the wire as values, a seeded plan of them, and any transport behind it |
| `proxy` | such a plan in front of any realtime server |
| `strategies` | Hypothesis strategies: legal events and conversations, and frames broken in known ways |

The names are imported when they are first used; nothing optional is imported before that.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rxrealtime.testing.doubles import ScriptedTransport, ScriptError
    from rxrealtime.testing.faulty import FaultyTransport
    from rxrealtime.testing.leaks import LeakError, leak_check, run_clean
    from rxrealtime.testing.marbles import cold, expect, hot, observe
    from rxrealtime.testing.marks import Mark, read_marks
    from rxrealtime.testing.plans import FaultPlan
    from rxrealtime.testing.proxy import FaultProxy
    from rxrealtime.testing.recorded import RecordedMarbles, record_marbles
    from rxrealtime.testing.scripts import client_sends, server_closes, server_sends, server_vanishes
    from rxrealtime.testing.serving import BackgroundServer
    from rxrealtime.testing.virtual import VirtualLoop, VirtualTimeError, virtual_run

__all__ = [
    "BackgroundServer",
    "FaultPlan",
    "FaultProxy",
    "FaultyTransport",
    "LeakError",
    "Mark",
    "RecordedMarbles",
    "ScriptError",
    "ScriptedTransport",
    "VirtualLoop",
    "VirtualTimeError",
    "client_sends",
    "cold",
    "expect",
    "hot",
    "leak_check",
    "observe",
    "read_marks",
    "record_marbles",
    "run_clean",
    "server_closes",
    "server_sends",
    "server_vanishes",
    "virtual_run",
]

_HOMES = {
    "doubles": ("ScriptError", "ScriptedTransport"),
    "leaks": ("LeakError", "leak_check", "run_clean"),
    "marbles": ("cold", "expect", "hot", "observe"),
    "marks": ("Mark", "read_marks"),
    "recorded": ("RecordedMarbles", "record_marbles"),
    "scripts": ("client_sends", "server_closes", "server_sends", "server_vanishes"),
    "faulty": ("FaultyTransport",),
    "plans": ("FaultPlan",),
    "proxy": ("FaultProxy",),
    "serving": ("BackgroundServer",),
    "virtual": ("VirtualLoop", "VirtualTimeError", "virtual_run"),
}
"""Each module with the names that it gives to this package."""


def __getattr__(name: str) -> Any:
    for home, names in _HOMES.items():
        if name in names:
            return getattr(import_module(f"rxrealtime.testing.{home}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
