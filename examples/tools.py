"""Functions that the model calls: one that answers, one that fails, both told to the model."""

import asyncio

from rxrealtime import Agent, Session, ToolError, commands, ops, tool


@tool
async def get_weather(city: str) -> dict[str, object]:
    """The weather in a city.

    Args:
        city: The name of the city.
    """
    if city != "Oslo":
        raise ToolError(f"there is no weather station in {city}")
    return {"city": city, "sky": "rain", "celsius": 7}


async def main() -> None:
    agent = Agent("weather desk", instructions="Answer in one sentence.", tools=(get_weather,))
    session = Session("loopback:", agent=agent)
    session.activity.subscribe(print)
    session.events.pipe(ops.turns()).subscribe(print)
    async with session:
        for city in ("Oslo", "Atlantis"):
            await session.send(*commands.say(f"What is the weather in {city}?"))
            await session.settled()


if __name__ == "__main__":
    asyncio.run(main())
