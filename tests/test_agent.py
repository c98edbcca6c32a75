"""Agents: refused when they cannot work, resolved into what a session is told, handing over to each other."""

from __future__ import annotations

import asyncio
import dataclasses
import json
import math
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

import pytest
from pydantic import BaseModel, ConfigDict, Field, RootModel, field_validator

from rxrealtime import ConfigurationError, ToolArgumentsError
from rxrealtime.agent import (
    Agent,
    Handoff,
    HandoffCall,
    Transfer,
    accept_config,
    agent_config,
    check_agents,
    handoff_config,
    handoff_tools,
    handoffs_of,
    transfer,
)
from rxrealtime.events import SessionConfig, ToolDefinition, Voice
from rxrealtime.guardrails import Guardrail
from rxrealtime.settings import session_config
from rxrealtime.tools import Tool, ToolContext

CANARY = "canary-5d1f0c"
PARAMETERS = {"type": "object", "properties": {"city": {"type": "string"}}}
WEATHER = Tool("get_weather", "Weather.", PARAMETERS, lambda city: city)
DOCS = ToolDefinition(type="mcp", server_label="docs", server_url="https://example.com", authorization=CANARY)
POLITE = Guardrail("polite", lambda text, context: None, on_error="pass")
NO_INPUT = {"type": "object", "properties": {}, "additionalProperties": False}


class Reason(BaseModel):
    """Why a conversation is handed over."""

    topic: str
    since: date | None = None
    urgency: int = Field(default=1, ge=1)


def asked(agent: Agent, context: Any = None) -> dict[str, Any]:
    """Give what a session that begins with an agent is told, as it is written to the wire."""
    config = asyncio.run(agent_config(agent, context))
    return config.model_dump(mode="json", exclude_unset=True)


def test_an_agent_is_what_it_names_and_nothing_else() -> None:
    """Settings, instructions, tools with the handoffs last, voice; an agent that names nothing asks for nothing."""
    agent = Agent(
        "Front",
        "Be brief.",
        tools=[WEATHER, DOCS],
        handoffs=[Agent("Billing")],
        voice="marin",
        settings=session_config(speed=1.2, max_output_tokens=100),
    )
    assert asked(agent) == {
        "type": "realtime",
        "instructions": "Be brief.",
        "max_output_tokens": 100,
        "audio": {"output": {"voice": "marin", "speed": 1.2}},
        "tools": [
            {"type": "function", "name": "get_weather", "description": "Weather.", "parameters": PARAMETERS},
            DOCS.model_dump(exclude_unset=True),
            {
                "type": "function",
                "name": "transfer_to_billing",
                "description": "Hand the conversation over to Billing.",
                "parameters": NO_INPUT,
            },
        ],
    }
    assert asked(Agent("Nobody")) == {"type": "realtime"}


def test_a_custom_voice_and_explicit_nulls_are_kept() -> None:
    """What an application says of the session reaches it."""
    agent = Agent("A", voice=Voice(id="voice_1"), settings=SessionConfig(tracing=None))
    assert asked(agent) == {"type": "realtime", "tracing": None, "audio": {"output": {"voice": {"id": "voice_1"}}}}


async def _later(context: Any) -> str:
    await asyncio.sleep(0)
    return f"You talk to {context}."


@pytest.mark.parametrize("instructions", [_later, lambda context: f"You talk to {context}."])
def test_instructions_are_made_for_a_context(instructions: Callable[[Any], Any]) -> None:
    """By a function, sync or async, for the beginning, for a handoff and for a call."""
    agent = Agent("A", instructions)
    assert asked(agent, "Ada")["instructions"] == "You talk to Ada."
    assert asyncio.run(handoff_config(agent, "Ada")).instructions == "You talk to Ada."
    assert asyncio.run(accept_config(agent, "Ada"))["instructions"] == "You talk to Ada."


def _raises(context: Any) -> str:
    raise KeyError(context)


async def _raises_later(context: Any) -> str:
    raise KeyError(context)


@pytest.mark.parametrize(
    ("instructions", "message"),
    [
        (_raises, "^agent 'A': the function of its instructions raised KeyError$"),
        (_raises_later, "^agent 'A': the function of its instructions raised KeyError$"),
        (lambda: "", "^agent 'A': the function of its instructions raised TypeError$"),
        (lambda context: [context], "^agent 'A': the function of its instructions gave list, not a text$"),
        (lambda context: None, "^agent 'A': the function of its instructions gave NoneType, not a text$"),
    ],
)
def test_a_function_that_gives_no_instructions_is_refused_by_name(instructions: Any, message: str) -> None:
    """The message holds nothing of the context; what was raised is the cause."""
    for config in (agent_config, handoff_config, accept_config):
        with pytest.raises(ConfigurationError, match=message) as raised:
            asyncio.run(config(Agent("A", instructions), CANARY))
        assert CANARY not in repr(raised.value)
        assert ("raised" in message) == (raised.value.__cause__ is not None)


def test_a_cancelled_function_is_cancelled() -> None:
    """T6: it is no failure of the configuration."""

    async def cancelled(context: Any) -> str:
        raise asyncio.CancelledError

    async def main() -> None:
        with pytest.raises(asyncio.CancelledError):
            await agent_config(Agent("A", cancelled))

    asyncio.run(main())


def test_a_call_is_accepted_with_a_json_object_that_forces_no_format() -> None:
    """The call has its own formats; they, and the model, are in it only if the settings name them."""
    plain = Agent("A", "Be brief.", tools=[DOCS], voice="marin")
    body = asyncio.run(accept_config(plain))
    assert json.loads(json.dumps(body)) == {
        "type": "realtime",
        "instructions": "Be brief.",
        "tools": [DOCS.model_dump(exclude_unset=True)],
        "audio": {"output": {"voice": "marin"}},
    }
    named = session_config(model="gpt-realtime", output_format="g711_ulaw")
    assert asyncio.run(accept_config(Agent("A", settings=named))) == {
        "type": "realtime",
        "model": "gpt-realtime",
        "audio": {"output": {"format": {"type": "audio/pcmu"}}},
    }


def _back_to_a() -> Agent:
    return Agent("A")


New: Any = Agent  # what a type checker refuses is refused without one too
To: Any = Handoff
NOT_OF_REALTIME = session_config(type="transcription")
REFUSED: dict[str, tuple[Callable[[], Any], str]] = {
    "no name": (lambda: New(""), "^an agent needs a name$"),
    "a blank name": (lambda: New(" "), "^an agent needs a name$"),
    "a name that is none": (lambda: New(3), "^an agent needs a name$"),
    "instructions": (lambda: New("A", [CANARY]), "^agent 'A': instructions is a text or a function, not list$"),
    "a voice": (lambda: New("A", voice=3), "^agent 'A': voice is a name or a Voice, not int$"),
    "an empty voice": (lambda: New("A", voice=""), "^agent 'A': voice is a name or a Voice"),
    "one tool for a list": (lambda: New("A", tools=WEATHER), "^agent 'A': tools takes a list, not Tool$"),
    "a text for a list": (lambda: New("A", handoffs="B"), "^agent 'A': handoffs takes a list, not str$"),
    "a function that is no tool": (
        lambda: New("A", tools=[math.sqrt]),
        "^agent 'A': sqrt is not a tool: functions",
    ),
    "a value that is no tool": (lambda: New("A", tools=[3]), "^agent 'A': int is not a tool"),
    "a definition without a function": (
        lambda: New("A", tools=[WEATHER.definition]),
        "^agent 'A': the definition of tool 'get_weather' has no function to call: give a Tool$",
    ),
    "a server without a label": (
        lambda: New("A", tools=[ToolDefinition(type="mcp")]),
        "^agent 'A': an MCP server needs a server_label$",
    ),
    "two servers of one label": (
        lambda: New("A", tools=[DOCS, DOCS]),
        "^agent 'A': two MCP servers are called 'doc",
    ),
    "two tools of one name": (
        lambda: New("A", tools=[WEATHER, WEATHER]),
        "two tools or handoffs are called 'get_w",
    ),
    "a tool's name": (
        lambda: New("A", tools=[dataclasses.replace(WEATHER, name="get weather")]),
        "^tool 'get weather': a name is 1 to 64 letters",
    ),
    "a tool's long name": (lambda: New("A", tools=[dataclasses.replace(WEATHER, name="a" * 65)]), "is 1 to 64"),
    "a tool's name with a line end": (
        lambda: New("A", tools=[dataclasses.replace(WEATHER, name="a\n")]),
        "is 1 to",
    ),
    "a tool and a handoff of one name": (
        lambda: New("A", tools=[WEATHER], handoffs=[Handoff(Agent("B"), "get_weather")]),
        "^agent 'A': two tools or handoffs are called 'get_weather'$",
    ),
    "two handoffs of one name": (
        lambda: New("A", handoffs=[Agent("Big B"), Agent("big_b")]),
        "^agent 'A': two tools or handoffs are called 'transfer_to_big_b'$",
    ),
    "a handoff that is none": (lambda: New("A", handoffs=["B"]), "handoffs are agents and handoffs, not str$"),
    "a class for a handoff": (lambda: New("A", handoffs=[Agent]), "are agents and handoffs, not Agent$"),
    "a handoff to itself, by name": (lambda: New("A", handoffs=[Agent("A")]), "^agent 'A' hands off to itself$"),
    "a handoff to itself, later": (lambda: check_agents(Agent("A", handoffs=[_back_to_a])), "'A' hands off to itself$"),
    "a guardrail that is none": (
        lambda: New("A", output_guardrails=[math.sqrt]),
        "^agent 'A': sqrt in output_guardrails is not a Guardrail$",
    ),
    "an input guardrail that is none": (
        lambda: New("A", input_guardrails=[None]),
        "^agent 'A': NoneType in input_guardrails is not a Guardrail$",
    ),
    "two guardrails of one name": (
        lambda: New("A", output_guardrails=[POLITE, dataclasses.replace(POLITE)]),
        "^agent 'A': two output_guardrails are called 'polite'$",
    ),
    "settings that are none": (
        lambda: New("A", settings={"voice": CANARY}),
        "^agent 'A': settings takes the SessionConfig of a realtime session$",
    ),
    "settings of another session": (
        lambda: New("A", settings=NOT_OF_REALTIME),
        "SessionConfig of a realtime sess",
    ),
    "instructions twice": (
        lambda: New("A", "a", settings=session_config(instructions=CANARY)),
        "^agent 'A': its settings name instructions too",
    ),
    "a voice twice": (lambda: New("A", voice="a", settings=session_config(voice=CANARY)), "name voice too"),
    "tools in the settings": (lambda: New("A", settings=session_config(tools=[])), "name tools too"),
    "a handoff to nobody": (lambda: To("B"), "^a handoff leads to an agent, not to str$"),
    "a handoff's name": (lambda: To(Agent("B"), "to b"), "^handoff to 'B': give it a name of 1 to 64 letters"),
    "a handoff's empty name": (
        lambda: To(Agent("B"), ""),
        "^handoff to 'B': give it a name of 1 to 64 letters",
    ),
    "an agent of whose name none can be made": (
        lambda: New("A", handoffs=[Agent("天気")]),
        "^handoff to '天気': give it a name of 1 to 64 letters",
    ),
    "a callback that is none": (
        lambda: To(Agent("B"), on_handoff=CANARY),
        "^handoff 'transfer_to_b': on_handoff is no function$",
    ),
    "an input that is no model": (
        lambda: To(Agent("B"), input_type=dict),
        "^handoff 'transfer_to_b': input_type is a pydantic model, not dict$",
    ),
    "an input that is no object": (
        lambda: To(Agent("B"), input_type=RootModel[list[int]]),
        r"^handoff 'transfer_to_b': input_type RootModel\[list\[int\]\] is no object$",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_work_is_refused_when_it_is_built(name: str) -> None:
    """With the name of the culprit, and without what it holds."""
    build, message = REFUSED[name]
    with pytest.raises(ConfigurationError, match=message) as raised:
        build()
    assert CANARY not in repr(raised.value)


def test_a_schema_that_cannot_be_expressed_is_refused() -> None:
    """A function in it, or a class that does not exist."""

    class Odd(BaseModel):
        run: Callable[[], None]

    class Undefined(BaseModel):
        other: Nowhere  # type: ignore[name-defined]  # noqa: F821  # the case

    for wrong in (Odd, Undefined):
        with pytest.raises(ConfigurationError, match=f"'transfer_to_b': input_type {wrong.__name__} has no JSON schem"):
            Handoff(Agent("B"), input_type=wrong)


def test_settings_may_name_what_the_agent_leaves_open() -> None:
    """Instructions and a voice; they are what is asked for."""
    agent = Agent("A", settings=session_config(instructions="Be brief.", voice="marin"))
    assert asked(agent) == {"type": "realtime", "instructions": "Be brief.", "audio": {"output": {"voice": "marin"}}}


def test_a_guardrail_may_look_at_both_sides() -> None:
    """Names are told apart within one list."""
    agent = Agent("A", output_guardrails=[POLITE], input_guardrails=[POLITE])
    assert agent.output_guardrails == agent.input_guardrails == (POLITE,)


def test_an_agent_is_a_value() -> None:
    """Nothing of it changes with the list it was built from, it is told apart by identity, and shows only its name."""
    tools = [WEATHER]
    agent = Agent("A", CANARY, tools=tools, voice="marin", settings=session_config(), description=CANARY)
    tools.clear()
    assert agent.tools == (WEATHER,)
    assert agent != dataclasses.replace(agent)
    assert len({agent, agent}) == 1
    assert repr(agent) == "Agent(name='A')"
    with pytest.raises(dataclasses.FrozenInstanceError):
        agent.name = "B"  # type: ignore[misc]  # the case


NAMES = {
    "Billing": "transfer_to_billing",
    "Billing Desk": "transfer_to_billing_desk",
    "BillingDesk": "transfer_to_billing_desk",
    "billing-desk (EU)": "transfer_to_billing_desk_eu",
    "Agent 007": "transfer_to_agent_007",
}


@pytest.mark.parametrize("name", NAMES)
def test_a_handoff_is_named_after_its_agent(name: str) -> None:
    """In snake case."""
    assert Handoff(Agent(name)).tool_name == NAMES[name]


def test_a_handoff_is_told_to_the_model_as_a_function() -> None:
    """With its own words, or those of its agent, and the schema of its input."""
    desk = Agent("Billing", description="Knows about invoices.")
    assert Handoff(desk).definition == ToolDefinition(
        type="function",
        name="transfer_to_billing",
        description="Hand the conversation over to Billing. Knows about invoices.",
        parameters=NO_INPUT,
    )
    assert Handoff(desk, "ask", description="Ask.", input_type=Reason).definition == ToolDefinition(
        type="function", name="ask", description="Ask.", parameters=Reason.model_json_schema()
    )


def test_the_tools_of_handoffs_are_what_the_model_is_told() -> None:
    """Each with a function that hands over."""
    handoff = Handoff(Agent("Billing"), input_type=Reason)
    tools = handoff_tools(Agent("A", tools=[WEATHER], handoffs=[handoff, Agent("Sales")]))
    assert [tool.name for tool in tools] == ["transfer_to_billing", "transfer_to_sales"]
    assert tools[0].definition == handoff.definition
    assert isinstance(tools[0].function, HandoffCall)
    assert tools[0].function.handoff is handoff


def test_agents_can_hand_back() -> None:
    """One is given by a function, since it is not built yet; whoever can be reached is found once, nearest first."""
    front: Agent = Agent("Front", handoffs=[lambda: billing, lambda: Handoff(sales, "sell")])
    billing: Agent = Agent("Billing", handoffs=[front, lambda: sales])
    sales: Agent = Agent("Sales", handoffs=[front])
    assert check_agents(front) == (front, billing, sales)
    assert check_agents(sales) == (sales, front, billing)
    chain = Agent("C", handoffs=[Agent("D", handoffs=[Agent("E")]), Agent("F", handoffs=[Agent("G")])])
    assert [agent.name for agent in check_agents(chain)] == ["C", "D", "F", "E", "G"]
    assert [handoff.tool_name for handoff in handoffs_of(front)] == ["transfer_to_billing", "sell"]
    assert [tool["name"] for tool in asked(front)["tools"]] == ["transfer_to_billing", "sell"]


def _two_of_one_name() -> Agent:
    return Agent("Front", handoffs=[Agent("B", handoffs=[Agent("C")]), Agent("D", handoffs=[Agent("C")])])


def _built_anew() -> Agent:
    return Agent("Front", handoffs=[lambda: Agent("B", handoffs=[_built_anew])])


LATER: dict[str, tuple[Callable[[], Agent], str]] = {
    "two different agents of one name": (_two_of_one_name, "^two different agents are called 'C'$"),
    "an agent that is built anew every time": (_built_anew, "^two different agents are called 'Front'$"),
    "nothing": (
        lambda: New("A", handoffs=[lambda: None]),
        "^agent 'A': handoffs are agents and handoffs, not Non",
    ),
    "what raises": (lambda: Agent("A", handoffs=[lambda: Handoff([][0])]), "^agent 'A': <lambda> raised IndexError$"),
    "a name that is taken": (
        lambda: Agent("A", tools=[WEATHER], handoffs=[lambda: Handoff(Agent("B"), "get_weather")]),
        "^agent 'A': two tools or handoffs are called 'get_weather'$",
    ),
    "further away": (
        lambda: Agent("A", handoffs=[Agent("B", handoffs=[lambda: Agent("B")])]),
        "^agent 'B' hands off to itself$",
    ),
}


@pytest.mark.parametrize("name", LATER)
def test_agents_that_are_given_later_are_checked_as_a_whole(name: str) -> None:
    """Before a session begins."""
    build, message = LATER[name]
    agent = build()
    with pytest.raises(ConfigurationError, match=message):
        check_agents(agent)


def _transfer(handoff: Handoff, arguments: Mapping[str, Any], context: Any = None) -> Transfer:
    return asyncio.run(transfer(handoff, context, arguments))


def test_a_transfer_says_who_takes_over_and_what_is_put_in_force() -> None:
    """As the agent's handoff configuration, made for the context; the function of the tool gives the same."""
    desk = Agent("Billing", lambda context: f"You talk to {context}.", tools=[WEATHER], voice="marin")
    handoff = Handoff(desk)
    (tool,) = handoff_tools(Agent("A", handoffs=[handoff]))
    expected = asyncio.run(handoff_config(desk, "Ada"))
    for found in (
        _transfer(handoff, {}, "Ada"),
        asyncio.run(tool.invoke(ToolContext("call_1", tool.name, "resp_1", context="Ada"), {})),
    ):
        assert found.agent is desk
        assert found.config == expected
        assert "Ada" not in repr(found)


@pytest.mark.parametrize("is_async", [False, True])
def test_the_application_is_told_before_the_other_agent_is_asked(is_async: bool) -> None:
    """With the context and what the model said, as a value of the input's type."""
    told: list[Any] = []

    async def on_handoff_later(context: Any, said: Any) -> None:
        await asyncio.sleep(0)
        told.append((context, said))

    callback = on_handoff_later if is_async else lambda context, said: told.append((context, said))
    desk = Agent("Billing", lambda context: f"{len(told)} told")
    found = _transfer(
        Handoff(desk, input_type=Reason, on_handoff=callback), {"topic": "invoice", "since": "2026-08-01"}, "Ada"
    )
    assert told == [("Ada", Reason(topic="invoice", since=date(2026, 8, 1)))]
    assert found.config.instructions == "1 told"
    _transfer(Handoff(desk, on_handoff=callback), {}, "Ada")
    assert told[1:] == [("Ada", None)]


def test_a_callback_that_raises_lets_nobody_take_over() -> None:
    """What it raises is the outcome of the call."""

    def refuse(context: Any, said: Any) -> None:
        raise LookupError

    with pytest.raises(LookupError):
        _transfer(Handoff(Agent("B", _raises), on_handoff=refuse), {})


class Picky(BaseModel):
    """An input that refuses with words of its own."""

    model_config = ConfigDict(extra="forbid")

    topic: str
    labels: dict[str, int] = {}

    @field_validator("topic")
    @classmethod
    def _known(cls, value: str) -> str:
        if value != "invoice":
            raise ValueError(f"{value} is unknown")
        return value


MISFITS: dict[str, tuple[type[BaseModel] | None, dict[str, Any], str]] = {
    "nothing is expected": (None, {"topic": CANARY}, "^transfer_to_b takes no arguments$"),
    "a field is missing": (Reason, {}, "^transfer_to_b: topic: missing$"),
    "another kind, which could be converted": (Reason, {"topic": "t", "urgency": "2"}, "urgency: int type$"),
    "a date that is none": (Reason, {"topic": "t", "since": CANARY}, "since: date"),
    "out of range, and another kind": (
        Reason,
        {"topic": 3, "urgency": 0},
        "^transfer_to_b: topic: string type; urgency: greater than equal$",
    ),
    "a field too many": (Picky, {"topic": "invoice", CANARY: 1}, "^transfer_to_b: the arguments: extra forbidden$"),
    "a key of the model's": (Picky, {"topic": "invoice", "labels": {CANARY: "x"}}, "labels: int type$"),
    "a check of its own": (Picky, {"topic": CANARY}, "^transfer_to_b: topic: value error$"),
    "a number that is not JSON": (Reason, {"topic": "t", "urgency": math.nan}, "arguments are not JSON$"),
    "a value that is not JSON": (Reason, {"topic": {CANARY}}, "^transfer_to_b: the arguments are not JSON$"),
}


@pytest.mark.parametrize("name", MISFITS)
def test_arguments_that_do_not_fit_hand_nothing_over(name: str) -> None:
    """They are validated strictly; the message names fields and rules, and the application is not told."""
    input_type, arguments, message = MISFITS[name]
    told: list[Any] = []
    handoff = Handoff(Agent("B"), input_type=input_type, on_handoff=lambda context, said: told.append(said))
    with pytest.raises(ToolArgumentsError, match=message) as raised:
        _transfer(handoff, arguments)
    assert CANARY not in f"{raised.value!r} {raised.value.__cause__!r}"
    assert told == []
