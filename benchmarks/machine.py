"""One line about the machine and the packages that figures were measured with."""

from __future__ import annotations

import os
import platform
from pathlib import Path

__all__ = ["machine_line"]


def machine_line(versions: dict[str, str]) -> str:
    """Describe the machine, the interpreter and the packages.

    Args:
        versions: Package versions by name.

    Returns:
        One line: CPU model, cores, system, Python, packages.
    """
    packages = ", ".join(f"{name} {version}" for name, version in versions.items())
    system = f"{platform.system()} {platform.release()}"
    python = f"{platform.python_implementation()} {platform.python_version()}"
    return f"{cpu_model()}, {os.cpu_count()} cores, {system}, {python}; {packages or 'no packages'}"


def cpu_model() -> str:
    """Name the processor as the system does."""
    listing = Path("/proc/cpuinfo")
    if listing.exists():
        for line in listing.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
