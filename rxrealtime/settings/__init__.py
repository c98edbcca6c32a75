"""Settings of a session: from flat names to the wire, and what of them is in force."""

from __future__ import annotations

from rxrealtime.settings.asking import SessionSettings, session_config
from rxrealtime.settings.audio import format_name, input_format, output_format
from rxrealtime.settings.formats import FormatLike, read_format, wire_format
from rxrealtime.settings.in_force import (
    differences,
    merged,
    server_interrupts,
    server_responds,
)
from rxrealtime.settings.leaving import without_model, without_voice
from rxrealtime.settings.readings import tool_definitions

__all__ = [
    "FormatLike",
    "SessionSettings",
    "differences",
    "format_name",
    "input_format",
    "merged",
    "output_format",
    "read_format",
    "server_interrupts",
    "server_responds",
    "session_config",
    "tool_definitions",
    "wire_format",
    "without_model",
    "without_voice",
]
