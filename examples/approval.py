"""A call that waits until somebody allows it; the conversation goes on meanwhile."""

import asyncio

from reactivex import operators as rx

from rxrealtime import Agent, Session, commands, ops, tool
from rxrealtime.activity import ApprovalRequested


def is_large(context: object, arguments: dict[str, int]) -> bool:
    """Let somebody look at large refunds."""
    return arguments["euros"] > 50


@tool(needs_approval=is_large)
def refund(euros: int) -> str:
    """Pay money back."""
    return f"{euros} euros are on their way"


async def main() -> None:
    session = Session("loopback:", agent=Agent("shop", tools=(refund,)))
    asked = session.activity.pipe(ops.of_type(ApprovalRequested), ops.to_async_iterable())
    session.events.pipe(ops.turns()).subscribe(print)
    async with session:
        requests = aiter(asked)
        for euros in (80, 90):
            await session.send(*commands.say(f"A refund of {euros} euros, please."))
            request = await anext(requests)
            print(f"  {request.name}({request.arguments})? {'yes' if euros < 85 else 'no'}")
            if euros < 85:
                await session.approve(request.call_id)
            else:
                await session.reject(request.call_id, "only the manager may do that")
            await session.events.pipe(ops.turns(), rx.filter(lambda turn: turn.role == "assistant"), rx.first())


if __name__ == "__main__":
    asyncio.run(main())
