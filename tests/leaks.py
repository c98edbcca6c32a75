"""Run a coroutine under a deadline and see to it that it leaves nothing behind."""

from rxrealtime.testing.leaks import run_clean

__all__ = ["run_clean"]
