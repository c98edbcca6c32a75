"""The architecture: who may import whom."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterable
from pathlib import Path

import pytest

import rxrealtime

PACKAGE = Path(rxrealtime.__file__).parent
MODULES = sorted(path for path in PACKAGE.rglob("*.py"))

BASE = {"errors", "frames", "audio", "g711", "hosts", "redaction", "wirelog", "_version"}
EVENTS = BASE | {"events"}
PURE = EVENTS | {
    "codec",
    "commands",
    "lifecycle",
    "requests",
    "stage",
    "activity",
    "agent",
    "guardrails",
    "settings",
    "tools",
}
STREAMS = PURE | {"operators", "multicast", "faults", "outcome", "course", "streams"}
SESSION = STREAMS | {"transport", "recording", "link", "loops", "pending", "core", "session"}
SERVER = PURE | {"server"}
EVERYTHING = SESSION | SERVER | {"__init__", "loopback", "telemetry", "cli", "testing", "views"}

MAY_IMPORT: dict[str, set[str]] = {
    **dict.fromkeys(BASE, BASE),
    "events": EVENTS,
    **dict.fromkeys(PURE - EVENTS, PURE),
    "operators": PURE | {"operators"},
    "transport": BASE | {"transport", "recording"},
    "recording": BASE | {"recording"},
    **dict.fromkeys({"multicast", "faults", "outcome", "course", "streams"}, STREAMS),
    **dict.fromkeys({"link", "loops", "pending", "core", "session"}, SESSION),
    "server": SERVER,
    "loopback": SESSION | SERVER | {"loopback"},
    "telemetry": BASE | {"operators"},
    "cli": EVERYTHING,
    "__init__": SESSION,
    "__main__": EVERYTHING,
}
"""For each part of the package, the parts it may import from."""

FOREIGN: dict[str, set[str]] = {
    "pydantic": {"events", "codec", "commands", "operators", "server"},
    "pydantic_core": {"codec", "server"},
    "reactivex": {
        "operators",
        "transport",
        "multicast",
        "streams",
        "link",
        "loops",
        "session",
        "loopback",
        "telemetry",
        "cli",
    },
    "websockets": {"transport.websocket", "transport.socket", "transport.intake", "server"},
    "asyncio": {"operators", "transport", "outcome", "pending", "link", "session", "server", "cli"},
    "time": {"cli", "server.live", "telemetry"},
    "opentelemetry": {"telemetry"},
    "click": {"cli"},
    "rich": {"cli"},
}
"""For each foreign package that is not for everybody, the parts that may import it."""


def name_of(path: Path) -> str:
    """Give the dotted name of a module inside the package."""
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" and len(parts) > 1 else parts)


def imports(path: Path) -> set[str]:
    """Give every module that a file imports, wherever in the file."""
    return imported(ast.walk(parse(path)), path)


def imports_at_once(path: Path) -> set[str]:
    """Give every module that a file imports as soon as it is imported itself."""
    waiting: list[ast.AST] = [parse(path)]
    reached: list[ast.AST] = []
    while waiting:
        node = waiting.pop()
        reached.append(node)
        deferred = isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda))
        for_types = isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
        waiting += [] if deferred or for_types else ast.iter_child_nodes(node)
    return imported(reached, path)


def parse(path: Path) -> ast.Module:
    """Read a module."""
    return ast.parse(path.read_text(encoding="utf-8"))


def imported(nodes: Iterable[ast.AST], path: Path) -> set[str]:
    """Give every module that some nodes import."""
    found: set[str] = set()
    for node in nodes:
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            base = node.module or ""
            found.update([flat(alias.name) for alias in node.names] if base == "rxrealtime" else [base])
    return found


def flat(name: str) -> str:
    """Give the module behind a name of the flat package: a module of its own, or the package itself."""
    is_module = (PACKAGE / f"{name}.py").exists() or (PACKAGE / name).is_dir()
    return f"rxrealtime.{name}" if is_module else "rxrealtime.__init__"


def part(module: str) -> str:
    """Give the part of the package that a dotted name belongs to."""
    return module.split(".")[0]


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_a_module_imports_only_what_its_layer_may(path: Path) -> None:
    """The table of layers, by reading the imports."""
    own = part(name_of(path))
    allowed = MAY_IMPORT[own]
    used = {part(name.removeprefix("rxrealtime.")) for name in imports(path) if name.startswith("rxrealtime.")}
    assert used <= allowed, f"{name_of(path)} must not import {sorted(used - allowed)}"


@pytest.mark.parametrize("foreign", FOREIGN)
def test_a_foreign_package_is_imported_only_where_it_belongs(foreign: str) -> None:
    """websockets at the two socket edges, asyncio at the edges, time nowhere near an operator."""
    users = {name_of(path) for path in MODULES if foreign in {name.split(".")[0] for name in imports(path)}}
    strangers = {name for name in users if part(name) not in FOREIGN[foreign] and name not in FOREIGN[foreign]}
    assert strangers == set()


ASYNC_OPERATORS = {"operators.bridge", "operators.mapping", "operators._clock", "operators._tasks"}


def test_only_the_bridge_among_the_operators_knows_asyncio() -> None:
    """The other operators take time and turns from a scheduler."""
    users = {name_of(path) for path in MODULES if "asyncio" in imports(path) and part(name_of(path)) == "operators"}
    assert users <= ASYNC_OPERATORS


def test_the_servers_logic_knows_neither_asyncio_nor_websockets() -> None:
    """Only its edge does."""
    pure = [path for path in MODULES if name_of(path).startswith("server.")]
    users = {
        name_of(path) for path in pure if {"asyncio"} & imports(path) or any("websockets" in n for n in imports(path))
    }
    assert users <= {"server.loopback", "server.live", "server.handshake"}


REQUIRED = {"click", "pydantic", "pydantic_core", "reactivex", "rich", "websockets", "rxrealtime"}
OPTIONAL = {"opentelemetry"}


def foreign(names: set[str]) -> set[str]:
    """Give the packages among modules that do not come with Python."""
    return {name.split(".")[0] for name in names} - set(sys.stdlib_module_names)


def test_what_is_imported_is_required() -> None:
    """Nothing but the standard library, ourselves, install_requires, and what extras bring."""
    used = foreign({name for path in MODULES for name in imports(path)})
    assert used - REQUIRED - OPTIONAL == set()


def test_what_an_extra_brings_is_imported_only_when_it_is_called_for() -> None:
    """Inside a function or for type checkers: without the package every module can be imported."""
    at_once = foreign({name for path in MODULES for name in imports_at_once(path)})
    assert at_once <= REQUIRED
