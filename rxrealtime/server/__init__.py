"""The embedded server: a pure engine that speaks the Realtime protocol, and a websocket edge.

| module | what it is |
|---|---|
| `loopback` | the websocket server |
| `scenarios`, `scenario_files` | what it answers, declared |
| `quirks` | where it departs from the strict protocol, as OpenAI does |
| `clocks` | what time it is: a test may turn it |
| `mcp_servers` | the MCP servers it can reach, declared |
| `faults` | what it does to connections instead of behaving |
| `engine` | one pure step from a client's event to the server's |
| `voices` | the voice: audio that carries its text. It is not speech |
"""

__all__: list[str] = []
