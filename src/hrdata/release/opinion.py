"""What frictionless says of a package: `python -m hrdata.release.opinion FOLDER < datapackage.json`, as JSON.

It runs in a process of its own: what it reads may make it hang, crash or look on the network, and nobody
else should. It has no network.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from typing import Any

_OF_THE_NETWORK = ("socket.connect", "socket.getaddrinfo", "socket.sendto", "socket.sendmsg")


def faults_by_frictionless(descriptor: Mapping[str, Any], folder: str) -> list[str]:
    """What frictionless has against the package in a folder, a sentence for each fault."""
    from frictionless import FrictionlessException, Package

    try:
        report = Package(descriptor, basepath=folder).validate()
    except FrictionlessException as fault:
        return [str(fault)]
    return [str(message) for [message] in report.flatten(["message"])]


def _refuse_network(event: str, _: object) -> None:
    """Raise `PermissionError` when anything is about to look on the network."""
    if event in _OF_THE_NETWORK:
        raise PermissionError("nothing of a package is fetched from elsewhere")


if __name__ == "__main__":
    sys.addaudithook(_refuse_network)
    # What others print does not belong to the answer.
    answer, sys.stdout = sys.stdout, sys.stderr
    print(json.dumps(faults_by_frictionless(json.load(sys.stdin), sys.argv[1])), file=answer)
