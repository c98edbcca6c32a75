"""Agents: what a session is told to be, and how one agent hands over to another."""

from __future__ import annotations

from rxrealtime.agent.agents import Agent, Handoff, check_agents, handoffs_of
from rxrealtime.agent.configs import accept_config, agent_config, handoff_config
from rxrealtime.agent.transfers import HandoffCall, Transfer, handoff_tools, transfer

__all__ = [
    "Agent",
    "Handoff",
    "HandoffCall",
    "Transfer",
    "accept_config",
    "agent_config",
    "check_agents",
    "handoff_config",
    "handoff_tools",
    "handoffs_of",
    "transfer",
]
