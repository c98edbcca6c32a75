"""An agent that hands over to another one: other instructions, other tools, the same conversation."""

import asyncio

from rxrealtime import Agent, Session, commands, ops, tool


@tool
def open_invoices() -> list[str]:
    """The invoices that are not paid."""
    return ["1007", "1012"]


billing = Agent("billing", instructions="You know the invoices.", tools=(open_invoices,))
reception = Agent("reception", instructions="Find out who can help.", handoffs=(billing,))


async def main() -> None:
    session = Session("loopback:", agent=reception)
    session.activity.subscribe(print)
    session.events.pipe(ops.turns()).subscribe(print)
    async with session:
        for line in ("Billing, please.", "Which invoices are open?"):
            await session.send(*commands.say(line))
            await session.settled()
            print(f"  now with {session.agent.name if session.agent else 'nobody'}")


if __name__ == "__main__":
    asyncio.run(main())
