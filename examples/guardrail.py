"""An answer that is stopped while it is being said, and what is said instead."""

import asyncio

from rxrealtime import Agent, Guardrail, Session, commands, ops
from rxrealtime.loopback import LoopbackTransport
from rxrealtime.server.scenarios import Rule, Scenario


def names_a_price(text: str, context: object) -> str | None:
    """Say what is wrong with a text, or nothing."""
    return "a price is named" if "euros" in text else None


GUARD = Guardrail("no prices", names_a_price, on_error="block", every_chars=20, instruction="Name no price.")
PITCH = "That is easy to say. It costs 900 euros, " + "and it is worth it, " * 20
REFERRAL = "Please ask the sales desk."
SERVER = Scenario((Rule("cost", say=PITCH), Rule("*", say=REFERRAL)), pace=4)


async def main() -> None:
    agent = Agent("shop", output_guardrails=(GUARD,))
    session = Session(LoopbackTransport(scenario=SERVER), agent=agent)
    session.activity.subscribe(lambda activity: print(f"  {activity}"))
    session.events.pipe(ops.turns()).subscribe(print)
    async with session:
        await session.send(*commands.say("What does it cost?"))
        async for event in session:
            if event.type == "response.done" and session.history.value.items[-1].text == REFERRAL:
                break


if __name__ == "__main__":
    asyncio.run(main())
