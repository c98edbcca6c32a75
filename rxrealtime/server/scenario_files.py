"""Reading a scenario, rules or a script, from a JSON or YAML file; what is wrong is named with its line."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from rxrealtime.errors import ConfigurationError, ScenarioError
from rxrealtime.server.fields import (
    MisplacedError,
    Place,
    Read,
    read_calls,
    read_close,
    read_count,
    read_each,
    read_failure,
    read_frames,
    read_number,
    read_object,
    read_string,
    read_truth,
)
from rxrealtime.server.scenario_fields import read_expiry, read_mcp_servers, read_quirks
from rxrealtime.server.scenarios import Rule, Scenario
from rxrealtime.server.script_fields import parse_script
from rxrealtime.server.scripts import Script
from rxrealtime.server.texts import Located, read_json_text, read_yaml_text

__all__ = ["load_scenario", "parse_scenario"]

_YAML: Final = (".yaml", ".yml")


def load_scenario(path: str | Path) -> Scenario | Script:
    """Read a scenario from a file.

    Args:
        path: The file, UTF-8; YAML if it ends in ``.yaml`` or ``.yml``, else JSON.

    Returns:
        A script if the file has ``steps``, else a scenario of rules.

    Raises:
        ScenarioError: The file cannot be read, is neither JSON nor YAML, or is no scenario; with the line, the number
            of the rule or step, from 1, and the field.
        ConfigurationError: YAML cannot be read, because PyYAML is not installed.
    """
    try:
        text = Path(path).read_text("utf-8")
    except OSError as error:
        raise ScenarioError(f"{path}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError:
        raise ScenarioError(f"{path}: not UTF-8 text") from None
    try:
        return _scenario(read_yaml_text(text) if Path(path).suffix in _YAML else read_json_text(text))
    except ScenarioError as error:
        raise ScenarioError(f"{path}: {error}") from None
    except RecursionError:
        raise ScenarioError(f"{path}: nested too deeply") from None


def _scenario(located: Located) -> Scenario | Script:
    value, line_of = located
    try:
        return parse_script(value) if isinstance(value, dict) and "steps" in value else parse_scenario(value)
    except ConfigurationError as error:
        place: Place = error.place if isinstance(error, MisplacedError) else ()
        raise ScenarioError(f"line {line_of(place)}: {error}") from None


def parse_scenario(value: object) -> Scenario:
    """Return the scenario that a parsed JSON object describes.

    Raises:
        ScenarioError: It is not one; the message names the rule and the field.
    """
    found = read_object(value, _SCENARIO, "a scenario")
    return Scenario(found.pop("rules", ()), **found)


def _rule(value: object) -> Rule:
    found = read_object(value, _RULE, "a rule")
    if "on" not in found:
        raise ScenarioError("on is missing")
    return Rule(**found)


_RULE: Final[Mapping[str, Read]] = {
    "on": read_string,
    "say": read_string,
    "call": read_calls,
    "fail": read_failure,
    "times": read_count,
    "garble": read_frames,
    "close": read_close,
    "abort": read_truth,
    "deaf": read_failure,
}
_SCENARIO: Final[Mapping[str, Read]] = {
    "rules": lambda value: read_each(value, _rule, "rule"),
    "pace": read_number,
    "chunk": read_number,
    "quirks": read_quirks,
    "expiry": read_expiry,
    "mcp": read_mcp_servers,
}
