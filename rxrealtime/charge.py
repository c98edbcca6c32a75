"""Which agent has a session, and whether its configuration is in force.

Nothing is sent before it is: sends wait for ``session.updated``, or raise why it did not come. A hand-over to another
agent is a configuration like the first one, except that the conversation goes on meanwhile.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from rxrealtime.activity import Activity, AgentChanged, HandoffEnded, HandoffRequested
from rxrealtime.agent import Agent, agent_config
from rxrealtime.errors import ConfigMismatch, RequestRejectedError
from rxrealtime.events import ExceptionEvent, SendFailed, SessionConfig, SessionUpdate, SessionUpdated
from rxrealtime.settings import differences, without_model, without_voice

__all__ = ["Charge"]

Request = Callable[[SessionUpdate], Awaitable[Any]]
"""Sends a configuration and gives what confirms it."""
Tell = Callable[[Activity | ExceptionEvent], None]

_VOICE_REFUSED = "cannot_update_voice"


class Charge:
    """The agent that has the session.

    Args:
        agent: The first one; None if there is none, then nothing has to be put in force.
        context: What its functions are called with.
        request: Sends a configuration and gives what confirms it.
        tell: Told what came of it.

    Attributes:
        agent: The agent that has the session now.
    """

    def __init__(self, agent: Agent | None, context: object, request: Request, tell: Tell) -> None:
        self.agent = agent
        self._context = context
        self._request = request
        self._tell = tell
        self._ready = asyncio.Event()
        self._config: SessionConfig | None = None
        self._refused: Exception | None = None
        if agent is None:
            self._ready.set()

    async def prepare(self) -> None:
        """Make the configuration of the first agent, if there is one.

        Raises:
            ConfigurationError: Its instructions cannot be made.
        """
        if self.agent is not None:
            self._config = without_model(await agent_config(self.agent, self._context))

    def take(self) -> None:
        """Tell who has the session, before anything comes."""
        if self.agent is not None:
            self._tell(AgentChanged(self.agent))

    async def ready(self) -> None:
        """Wait until something may be sent.

        Raises:
            RequestRejectedError: The server refused the configuration.
            RequestTimeoutError: It did not answer.
        """
        if not self._ready.is_set():
            await self._ready.wait()
        if self._refused is not None:
            raise self._refused

    async def begin(self) -> None:
        """Put the configuration of the first agent in force, and let what waits for it be sent."""
        try:
            if self._config is not None:
                await self._put_in_force(self._config)
        except Exception as error:  # whatever it is, all who want to send have to learn of it
            self._refused = error
            self._tell(SendFailed(error, 0.0, None, "session.update"))
        finally:
            self._ready.set()

    async def hand_over(self, wanted: HandoffRequested) -> None:
        """Put the configuration of another agent in force; the one before stays in charge if it is refused.

        Args:
            wanted: What is to be.
        """
        try:
            await self._put_in_force(without_model(wanted.config))
        except Exception as error:  # as above: the call that wanted it has to be answered
            self._tell(HandoffEnded(wanted.call_id, error))
            return
        previous = self.agent.name if self.agent else None
        self.agent = wanted.agent
        self._tell(AgentChanged(wanted.agent, previous, wanted.call_id))
        self._tell(HandoffEnded(wanted.call_id))

    async def _put_in_force(self, config: SessionConfig) -> None:
        """Send a configuration and compare what is confirmed.

        Source: the voice cannot be changed once the model has spoken (API reference, 2026-08); the rest of the
        configuration is then put in force without it, and the difference told.
        """
        try:
            updated = await self._request(SessionUpdate(session=config))
        except RequestRejectedError as refused:
            silent = without_voice(config)
            if refused.code != _VOICE_REFUSED or silent == config:
                raise
            updated = await self._request(SessionUpdate(session=silent))
        if isinstance(updated, SessionUpdated) and (paths := differences(config, updated.session)):
            self._tell(SendFailed(ConfigMismatch(*paths), 0.0, None, "session.update"))
