"""Faults in words."""

from __future__ import annotations

import pytest

from rxrealtime.errors import ConfigurationError
from rxrealtime.server.faults import Fault, Refusal, Stall
from rxrealtime.server.outputs import Disconnect, GoSilent
from rxrealtime.testing import faults as f
from rxrealtime.testing.plans import Planned
from rxrealtime.testing.specs import SPEC_NAMES, parse_fault


@pytest.mark.parametrize(
    ("spec", "fault"),
    [
        ("truncate:every=10", f.truncate(every=10)),
        ("delay:seconds=0.2,jitter=0.1", f.delay(0.2, 0.1)),
        ("close:code=1011,after=50", Fault(Disconnect(1011), 50)),
        ("close:code=1011,probability=0.5", f.strike(Disconnect(1011), probability=0.5)),
        ("abort:direction=sent,numbers=1+2", f.strike(Disconnect(), direction="sent", numbers=(1, 2))),
        ("silent", Fault(GoSilent())),
        ("drop:types=error+response.done,direction=both", f.drop(types=("error", "response.done"), direction=None)),
        ("refuse:status=429,connection=0", Refusal(429, connection=0)),
        ("stall:seconds=2", Stall(2.0)),
    ],
)
def test_a_fault_is_a_name_and_what_it_takes(spec: str, fault: Planned) -> None:
    """The names and keys are those of the functions."""
    assert parse_fault(spec) == fault


@pytest.mark.parametrize("name", SPEC_NAMES)
def test_every_fault_has_defaults(name: str) -> None:
    """A name alone is enough."""
    parse_fault(name)


@pytest.mark.parametrize(
    ("spec", "why"),
    [
        ("zork", "there is no fault 'zork'"),
        ("truncate:zork=1", "'zork' is none of direction"),
        ("truncate:every", "'every' is none of"),
        ("truncate:every=x", "every=x must be a whole number"),
        ("truncate:every=0", "every=0: must be 1 or more"),
        ("truncate:numbers=1+x", "numbers=1+x must be whole numbers"),
        ("delay:seconds=x", "seconds=x must be a number"),
        ("drop:direction=up", "direction is received, sent or both"),
        ("close:code=1005", "1005 is not a close code"),
        ("refuse:status=200", "a status from 300 to 599"),
    ],
)
def test_a_bad_one_is_named_in_one_sentence(spec: str, why: str) -> None:
    """With the spec as it was given."""
    with pytest.raises(ConfigurationError, match="fault") as refused:
        parse_fault(spec)
    assert why in str(refused.value)
    assert spec.partition(":")[0] in str(refused.value)
