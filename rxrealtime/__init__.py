"""Realtime model sessions as reactive streams."""
