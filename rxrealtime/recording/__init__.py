"""Recorded sessions."""

from rxrealtime.recording.entries import Entry, Header, Mark
from rxrealtime.recording.read import read_recording

__all__ = ["Entry", "Header", "Mark", "read_recording"]
