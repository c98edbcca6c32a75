"""What is public: exported on purpose, documented, typed."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import typing
from collections.abc import Iterator

import pytest

import rxrealtime
from rxrealtime import errors, events

FLAT = """
__version__ accept_config Activity Agent AgentChanged Approval ApprovalRequested AudioFormat BufferLimits commands
Connection Current decode decode_client Decoded DEFAULT_MODEL encode events EventsDropped FailurePolicy Fault Frame
Guardrail GuardrailPassed GuardrailTripped Handoff HandoffEnded HandoffRequested History history_from_json
history_to_json HistoryItem Interrupt Interrupted Key MemoryFaults MemoryPeer MemoryTransport OPENAI_URL ops Outcome
open_recording Played Policy read_recording realtime_url record Recording ReplayTransport ResponseDropped ResponseMode
Session session_config SessionOptions SessionRecording
Signal SilentSpeaker Speaker Tool tool ToolContext ToolEnded ToolOutcome ToolStarted Transport
WebSocketTransport
"""


def modules() -> list[str]:
    """Give every module of the package."""
    return [found.name for found in pkgutil.walk_packages(rxrealtime.__path__, "rxrealtime.")]


def public() -> Iterator[tuple[str, object]]:
    """Give every public name of every module that defines it."""
    for name in (found for found in modules() if "._" not in found):
        module = importlib.import_module(name)
        for public_name in getattr(module, "__all__", []):
            value = getattr(module, public_name)
            if getattr(value, "__module__", None) == name:
                yield f"{name}.{public_name}", value


def test_the_flat_names_are_these() -> None:
    """A new public name is a decision; this list is where it is taken."""
    assert set(rxrealtime.__all__) == {*FLAT.split(), *errors.__all__, *events.__all__}
    assert len(rxrealtime.__all__) == len(set(rxrealtime.__all__))


@pytest.mark.parametrize("name", [name for name in modules() if not name.endswith("__main__")])
def test_every_module_says_what_is_public_and_has_it(name: str) -> None:
    """``__all__`` exists and every name in it does."""
    module = importlib.import_module(name)
    assert all(hasattr(module, public_name) for public_name in module.__all__)
    assert module.__doc__


def _members(value: object) -> Iterator[tuple[str, object]]:
    if inspect.isclass(value):
        for name, member in vars(value).items():
            if not name.startswith("_") and (inspect.isfunction(member) or isinstance(member, property)):
                yield f".{name}", member


def test_every_public_name_is_documented() -> None:
    """Functions, classes, and the public methods and properties of classes."""
    silent = []
    for name, value in public():
        if callable(value) and not typing.get_origin(value):
            silent += [name] if not inspect.getdoc(value) else []
            silent += [name + member for member, found in _members(value) if not inspect.getdoc(found)]
    assert silent == []


def test_every_exception_is_in_the_tree_that_its_module_draws() -> None:
    """The docstring of `rxrealtime.errors` is the map for users."""
    assert errors.__doc__
    for name in errors.__all__:
        assert issubclass(getattr(errors, name), errors.RealtimeError)
        assert f"{name} " in errors.__doc__ or f"{name}\n" in errors.__doc__, f"{name} is missing in the tree"


def test_the_tables_of_events_are_complete() -> None:
    """46 server events and 11 client events of the GA protocol (openai-openapi f85dbe2)."""
    assert (len(events.SERVER_EVENTS), len(events.CLIENT_EVENTS)) == (46, 11)
    for tag, model in {**events.SERVER_EVENTS, **events.CLIENT_EVENTS}.items():
        assert model.__name__ == "".join(word.capitalize() for word in tag.replace(".", "_").split("_"))
