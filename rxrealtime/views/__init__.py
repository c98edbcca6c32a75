"""Pictures of what happened: pure values that draw themselves, and views that follow what is happening."""

__all__: list[str] = []
