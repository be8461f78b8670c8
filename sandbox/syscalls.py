"""Numbers of the system calls that a command in the sandbox has no use for, by architecture."""

import errno
import platform
from dataclasses import dataclass


@dataclass(frozen=True)
class Architecture:
    audit_number: int
    """AUDIT_ARCH_… of linux/audit.h: what seccomp sees."""
    column: int
    has_x32: bool


_ARCHITECTURES = {
    "x86_64": Architecture(0xC000003E, column=0, has_x32=True),
    "aarch64": Architecture(0xC00000B7, column=1, has_x32=False),
}


def this_architecture() -> Architecture | None:
    """None where the numbers below are not known: no seccomp filter can be made there."""
    return _ARCHITECTURES.get(platform.machine())


_NUMBERS: dict[str, tuple[int | None, int | None]] = {
    # name: (x86_64, aarch64); from the kernel's unistd.h. aarch64 was never run.
    "socket": (41, 198),
    "socketpair": (53, 199),
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "process_madvise": (440, 440),
    "process_mrelease": (448, 448),
    "kcmp": (312, 272),
    "pidfd_open": (434, 434),
    "pidfd_getfd": (438, 438),
    "pidfd_send_signal": (424, 424),
    "mount": (165, 40),
    "umount2": (166, 39),
    "pivot_root": (155, 41),
    "chroot": (161, 51),
    "open_tree": (428, 428),
    "move_mount": (429, 429),
    "fsopen": (430, 430),
    "fsconfig": (431, 431),
    "fsmount": (432, 432),
    "fspick": (433, 433),
    "mount_setattr": (442, 442),
    "unshare": (272, 97),
    "setns": (308, 268),
    "bpf": (321, 280),
    "perf_event_open": (298, 241),
    "userfaultfd": (323, 282),
    "io_uring_setup": (425, 425),
    "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427),
    "add_key": (248, 217),
    "request_key": (249, 218),
    "keyctl": (250, 219),
    "name_to_handle_at": (303, 264),
    "open_by_handle_at": (304, 265),
    "init_module": (175, 105),
    "finit_module": (313, 273),
    "delete_module": (176, 106),
    "kexec_load": (246, 104),
    "kexec_file_load": (320, 294),
    "reboot": (169, 142),
    "clock_settime": (227, 112),
    "settimeofday": (164, 170),
    "swapon": (167, 224),
    "swapoff": (168, 225),
    "quotactl": (179, 60),
    "quotactl_fd": (443, 443),
    "acct": (163, 89),
    "syslog": (103, 116),
    "fanotify_init": (300, 262),
    "personality": (135, 92),
    "modify_ldt": (154, None),
    "ioperm": (173, None),
    "iopl": (172, None),
    "shmget": (29, 194),
    "msgget": (68, 186),
    "semget": (64, 190),
    "mq_open": (240, 180),
    # not refused outright: see sandbox.seccomp
    "mknod": (133, None),
    "mknodat": (259, 33),
    "clone": (56, 220),
    "clone3": (435, 435),
    "fork": (57, None),
    "vfork": (58, None),
    "ioctl": (16, 29),
    "kill": (62, 129),
    "tkill": (200, 130),
    "tgkill": (234, 131),
    "rt_sigqueueinfo": (129, 138),
    "rt_tgsigqueueinfo": (297, 240),
    "prlimit64": (302, 261),
}

_CONDITIONAL = (
    *("mknod", "mknodat", "clone", "clone3", "fork", "vfork", "ioctl"),
    *("kill", "tkill", "tgkill", "rt_sigqueueinfo", "rt_tgsigqueueinfo", "prlimit64"),
)


def number(name: str, architecture: Architecture) -> int | None:
    """None where the architecture has no such call."""
    return _NUMBERS[name][architecture.column]


def refused_outright() -> dict[str, int]:
    """Name and the error it gives. socket() covers Internet, vsock, netlink and paths alike."""
    names = [name for name in _NUMBERS if name not in _CONDITIONAL]
    return {name: errno.EACCES if name.startswith("socket") else errno.EPERM for name in names}
