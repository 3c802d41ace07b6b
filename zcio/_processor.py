"""The name of the processor, for reports."""

import platform

__all__ = ["processor_name"]


def processor_name():
    """Return the name of the processor, or "unknown"."""
    try:
        with open("/proc/cpuinfo") as file:
            return next(line.partition(":")[2].strip() for line in file if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or "unknown"  # not Linux, or an architecture whose kernel does not name it
