"""Recorded sessions."""

from rxrealtime.recording.entries import Entry, Header, Mark
from rxrealtime.recording.read import Recording, open_recording, read_recording
from rxrealtime.recording.write import RecordingWriter

__all__ = ["Entry", "Header", "Mark", "Recording", "RecordingWriter", "open_recording", "read_recording"]
