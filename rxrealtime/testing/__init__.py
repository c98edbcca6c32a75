"""The test kit: what an application needs to test its realtime client, whatever library it uses.

| module | what it is |
|---|---|
| `faults` | faults of the wire as values, and the seeded plan that says which frame they strike |
| `faulty` | any transport with a plan in front of it |
| `proxy` | a plan in front of any realtime server |
"""

__all__: list[str] = []
