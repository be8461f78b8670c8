"""Runs one command in a cage. Knows no Django; used for renders, scene probes and pictures.

test = sandbox.self_test()
process = sandbox.launch([python, "x.py"], job=folder, read_only=[...], environment={},
                         limits=sandbox.Limits(), tier=test.tier)
sandbox.end(process)
"""

from sandbox.cage import MissingTool
from sandbox.image_root import UnsafeRoot
from sandbox.launching import Tier, end, job_path, launch, signal_of
from sandbox.limits import Limits
from sandbox.relay import NoRelay, Relay
from sandbox.seccomp import Unavailable
from sandbox.selftest import SelfTest, attack, self_test
from sandbox.system import interpreter_folders

__all__ = [
    "Limits",
    "MissingTool",
    "NoRelay",
    "Relay",
    "SelfTest",
    "Tier",
    "Unavailable",
    "UnsafeRoot",
    "attack",
    "end",
    "interpreter_folders",
    "job_path",
    "launch",
    "self_test",
    "signal_of",
]
