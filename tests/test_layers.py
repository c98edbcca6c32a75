"""The architecture: who may import whom."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import pytest

import rxrealtime

PACKAGE = Path(rxrealtime.__file__).parent
MODULES = sorted(path for path in PACKAGE.rglob("*.py"))

BASE = {"errors", "frames", "audio", "g711", "hosts", "redaction", "wirelog", "gone", "_version"}
EVENTS = BASE | {"events"}
AGENT = {"activity", "agent", "guardrails", "history", "settings", "signals", "tools"}
FOLDS = {"input_audio", "lifecycle", "playback", "settling"}
PURE = EVENTS | AGENT | FOLDS | {"codec", "commands", "requests", "stage"}
_HOT = {"multicast", "current", "traffic", "faults", "outcome", "course", "streams", "speaker", "desk", "entrance"}
STREAMS = PURE | {"operators"} | _HOT
_LIFE = {"conduct", "policies", "options", "charge", "core", "errands", "life", "link", "loops", "order", "outbox"}
SESSION = (
    STREAMS | _LIFE | {"transport", "recording", "pending", "teardown", "feeding", "observables", "session", "recorder"}
)
SERVER = PURE | {"server", "recording"}
EVERYTHING = SESSION | SERVER | {"__init__", "loopback", "telemetry", "cli", "testing", "views"}

MAY_IMPORT: dict[str, set[str]] = {
    **dict.fromkeys(BASE, BASE),
    "events": EVENTS,
    **dict.fromkeys(PURE - EVENTS, PURE),
    "operators": PURE | {"operators"},
    "transport": BASE | {"transport", "recording"},
    "recording": BASE | {"recording"},
    **dict.fromkeys(_HOT, STREAMS),
    **dict.fromkeys(SESSION - STREAMS - {"transport", "recording"}, SESSION),
    "server": SERVER,
    "loopback": SESSION | SERVER | {"loopback"},
    "telemetry": STREAMS | {"telemetry"},
    "cli": EVERYTHING,
    "testing": EVERYTHING,
    "views": EVERYTHING,
    "__init__": SESSION,
    "__main__": EVERYTHING,
}
"""For each part of the package, the parts it may import from."""

FOREIGN: dict[str, set[str]] = {
    "docstring_parser": {"tools"},
    "opentelemetry": {"telemetry"},
    "pydantic": {
        "events",
        "codec",
        "commands",
        "operators",
        "server",
        "agent",
        "history",
        "settings",
        "tools",
        "testing",
    },
    "pydantic_core": {"codec", "server"},
    "reactivex": {
        *("operators", "transport", "multicast", "current", "traffic", "streams", "speaker", "conduct", "life"),
        *("feeding", "link", "loops", "observables", "options", "session", "recorder", "loopback", "telemetry", "cli"),
        *("testing", "views"),
    },
    "websockets": {
        *("transport.websocket", "transport.socket", "transport.intake", "server"),
        *("testing.proxy", "testing.relay", "testing.tap", "testing.upstream"),
    },
    "asyncio": {
        *("operators", "transport", "outcome", "pending", "link", "session", "recorder", "server", "cli"),
        *("testing", "views"),
        *("charge", "conduct", "errands", "gone", "life", "observables", "order", "outbox", "teardown", "traffic"),
    },
    "IPython": {"views.screens"},
    "hypothesis": {"testing"},
    "pytest": {"testing"},
    "pyarrow": {"recording.parquet"},
    "yaml": {"server.texts"},
    "time": {"cli", "server.clocks", "server.live", "telemetry", "testing"},
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
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
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


_AT_THE_EDGE = ("_clock", "_invoking", "_tasks", "audio_in", "bridge", "guardrails", "mapping", "tools")
ASYNC_OPERATORS = {f"operators.{name}" for name in _AT_THE_EDGE}


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
    assert users == {"server.clocks", "server.listening", "server.loopback", "server.wire"}


def test_what_is_imported_is_required() -> None:
    """Nothing but the standard library, ourselves and install_requires."""
    used = {name.split(".")[0] for path in MODULES for name in imports(path)}
    required = {"click", "docstring_parser", "pydantic", "pydantic_core", "reactivex", "rich", "websockets"}
    optional = {"IPython", "hypothesis", "opentelemetry", "pyarrow", "pytest", "yaml"}
    assert used - set(sys.stdlib_module_names) - required - optional == {"rxrealtime"}
