"""What a session does by itself: what its agent needs, and what the application adds."""

from __future__ import annotations

from collections.abc import Iterable

from rxrealtime.agent import Agent, handoff_tools
from rxrealtime.audio import AudioFormat
from rxrealtime.conduct import Behaviour
from rxrealtime.events import SessionConfig
from rxrealtime.operators.audio import audio_chunks
from rxrealtime.operators.guardrails import guardrails
from rxrealtime.operators.holding import checked_audio
from rxrealtime.operators.interruption import interruption
from rxrealtime.operators.outcomes import response_failures
from rxrealtime.operators.tools import run_tools
from rxrealtime.options import Options
from rxrealtime.settings import output_format
from rxrealtime.tools import Tool

__all__ = ["behaviour_for"]


def behaviour_for(agent: Agent | None, context: object, options: Options) -> Behaviour:
    """Choose what a session does by itself.

    Args:
        agent: The agent that it begins with; None if there is none.
        context: What its functions are called with.
        options: What else was chosen.

    Returns:
        The policies of an agent, then those of the application.
    """
    told = options.speaker is not None or options.playback is not None
    sample = _format(agent).bytes_per_sample
    if agent is None:
        hears = bool(options.policies) or told
        policies = (response_failures(), *((interruption(assume_playing=False),) if told else ()), *options.policies)
        return Behaviour(policies, hears, audio_chunks(), False, options.speaker, options.playback)
    tools = run_tools(_tools, context=context, max_concurrent=options.max_concurrent, timeout=options.tool_timeout)
    checks = guardrails(agent.output_guardrails, context=context)
    held = checked_audio(agent.output_guardrails, bytes_per_sample=sample)
    audio = held if options.hold_audio else audio_chunks(bytes_per_sample=sample)
    policies = (response_failures(), interruption(assume_playing=not told), tools, checks, *options.policies)
    return Behaviour(policies, True, audio, options.hold_audio, options.speaker, options.playback)


def _tools(agent: Agent) -> Iterable[Tool]:
    """Give what the model may call of an agent; the tools of MCP servers are called by the server."""
    return (*(tool for tool in agent.tools if isinstance(tool, Tool)), *handoff_tools(agent))


def _format(agent: Agent | None) -> AudioFormat:
    return output_format(agent.settings if agent and agent.settings else SessionConfig())
