"""A call that waits until somebody allows it; the conversation goes on meanwhile."""

import asyncio
from collections.abc import Mapping
from typing import Any

from rxrealtime import Agent, ApprovalRequested, Session, ToolContext, commands, ops, tool


def is_large(context: ToolContext, arguments: Mapping[str, Any]) -> bool:
    """Let somebody look at large refunds."""
    return bool(arguments["euros"] > 50)


@tool(needs_approval=is_large)
def refund(euros: int) -> str:
    """Pay money back."""
    return f"{euros} euros are on their way"


async def main() -> None:
    session = Session("loopback:", agent=Agent("shop", tools=(refund,)))
    requests: asyncio.Queue[ApprovalRequested] = asyncio.Queue()
    session.activity.pipe(ops.of_type(ApprovalRequested)).subscribe(requests.put_nowait)
    session.events.pipe(ops.turns()).subscribe(print)
    async with session:
        for euros in (20, 80, 90):
            await session.send(*commands.say(f"A refund of {euros} euros, please."))
            if euros > 50:
                request = await requests.get()
                print(f"  {request.name}({request.arguments})? {'yes' if euros < 85 else 'no'}")
                if euros < 85:
                    await session.approve(request.call_id)
                else:
                    await session.reject(request.call_id, "only the manager may do that")
            await session.settled()


if __name__ == "__main__":
    asyncio.run(main())
