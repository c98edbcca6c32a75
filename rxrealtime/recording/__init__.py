"""Reading recorded sessions."""

from rxrealtime.recording.read import read_recording

__all__ = ["read_recording"]
