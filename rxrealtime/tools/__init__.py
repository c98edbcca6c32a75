"""Tools: functions of the application that the model may call."""

from rxrealtime.tools.arguments import read_arguments
from rxrealtime.tools.definition import Tool, ToolContext, Transfer, tools_by_name
from rxrealtime.tools.making import tool
from rxrealtime.tools.outputs import describe_error, render_output

__all__ = [
    "Tool",
    "ToolContext",
    "Transfer",
    "describe_error",
    "read_arguments",
    "render_output",
    "tool",
    "tools_by_name",
]
