"""What the built-in farm keeps, a file a noun."""

from farm.models.buckets import Bucket
from farm.models.groups import Job
from farm.models.instances import Attempt, Instance
from farm.models.keys import KeyMark
from farm.models.licences import Licence
from farm.models.limits import Limit
from farm.models.machines import Node, Site
from farm.models.output import OutputChunk, ReadPosition
from farm.models.prices import Rate
from farm.models.qboxes import QBox
from farm.models.secrets import Secret
from farm.models.snapshots import Snapshot, SnapshotPart
from farm.models.states import ENDED_STATES, InstanceState, JobState, Phase, TaskState
from farm.models.tasks import Dependency, Tag, Task

__all__ = [
    "ENDED_STATES",
    "Attempt",
    "Bucket",
    "Dependency",
    "Instance",
    "InstanceState",
    "Job",
    "JobState",
    "KeyMark",
    "Licence",
    "Limit",
    "Node",
    "OutputChunk",
    "Phase",
    "QBox",
    "Rate",
    "ReadPosition",
    "Secret",
    "Site",
    "Snapshot",
    "SnapshotPart",
    "Tag",
    "Task",
    "TaskState",
]
