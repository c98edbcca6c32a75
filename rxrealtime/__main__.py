"""``python -m rxrealtime``: the command line."""

from rxrealtime.cli import main

__all__: list[str] = []

if __name__ == "__main__":
    main(prog_name="rxrealtime")
