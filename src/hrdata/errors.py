"""Why hrdata could not run. Never why data is bad: that is a finding."""

from __future__ import annotations


class HrdataError(Exception):
    """hrdata could not do what was asked. The message is one line that says what to do.

    `exit_code` is what the command line ends with.
    """

    exit_code = 3


class UsageError(HrdataError):
    """The call was wrong: an unknown table, row or check."""

    exit_code = 2


class EnvironmentFault(HrdataError):
    """The environment is in the way: a missing file, a disk, a network."""

    exit_code = 3


class Conflict(HrdataError):
    """Something is there already, and what was asked would change it."""

    exit_code = 4
