"""L1: the calls of a response that is cancelled, wherever they are when it is."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from rxrealtime.activity import ApprovalRequested, HandoffEnded, ToolEnded
from rxrealtime.events import ResponseCreate, SessionConfig
from rxrealtime.guardrails import Guardrail
from rxrealtime.operators.calls import Ran, Run, Vet
from rxrealtime.tools import tool
from tests.operators.calling import Machine, called, ended, item_ended, of, output_of

_GUARDRAIL = Guardrail("checked", lambda text, context: None, on_error="block")
_TOOLS = [
    tool(lambda: None, name="good"),
    tool(lambda: None, name="asks", needs_approval=True),
    tool(lambda: None, name="checked", guardrails=[_GUARDRAIL]),
]


def _outcomes(machine: Machine) -> dict[str, str]:
    return {event.call_id: event.outcome for event in of(ToolEnded, machine.given)}


@pytest.mark.parametrize("name", ["good", "asks", "checked"])
@pytest.mark.parametrize("moment", ["before", "with its end", "after"])
def test_l1_a_call_of_a_cancelled_response_is_given_up_whenever_it_comes(name: str, moment: str) -> None:
    """L1, L2: one output that says so; what was not begun by then is not begun any more, and nothing follows."""
    machine, call = Machine(_TOOLS), called(name=name)
    if moment == "before":
        machine.feed(item_ended(call))
    later = machine.feed(ended(*[call] * (moment == "with its end"), status="cancelled"), item_ended(call))
    assert output_of("c", later) is not None
    assert (_outcomes(machine), machine.calls.open) == ({"c": "cancelled"}, {})
    assert not [output for kind in (Run, Vet, ApprovalRequested, ResponseCreate) for output in of(kind, later)]


def test_l1_a_handover_of_a_cancelled_response_has_the_output_that_comes_of_it() -> None:
    """L1: it cannot be taken back; its call is neither given up nor answered twice."""
    machine, heir = Machine(_TOOLS), SimpleNamespace(name="sales")
    transfer: Any = SimpleNamespace(agent=heir, config=SessionConfig(instructions="Sell."))
    machine.feed(item_ended(called()), Ran("c", transfer=transfer))
    assert machine.feed(ended(called(), status="cancelled")) == []
    machine.feed(HandoffEnded("c"))
    assert output_of("c", machine.given) is not None
    assert _outcomes(machine) == {"c": "ok"}
