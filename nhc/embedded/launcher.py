"""Run a command as somebody other than root, because PostgreSQL refuses user 0. A script, started by its path.

In a namespace the command is another user to itself and still this one to the file system, so it works below a home
that only root may enter and leaves no account behind. Where namespaces are refused (many containers) it becomes an
existing account that keeps one capability, to enter such a home; its files must then belong to that account.
"""

import argparse
import ctypes
import os
import pwd
import sys
from pathlib import Path

PR_SET_PDEATHSIG = 1
PR_SET_KEEPCAPS = 8
PR_CAP_AMBIENT = 47
PR_CAP_AMBIENT_RAISE = 2
CAP_DAC_OVERRIDE = 1
CAPABILITY_VERSION_3 = 0x20080522


def account() -> pwd.struct_passwd:
    """Return an account that exists everywhere Linux does and is not root: initdb looks its own name up."""
    for name in ("postgres", "nobody", "daemon"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    return next(entry for entry in pwd.getpwall() if entry.pw_uid != 0)


def enter_namespace() -> None:
    """Map this user to the account inside a new user namespace.

    Raises OSError where the kernel or the container refuses.
    """
    outer_user, outer_group, inner = os.geteuid(), os.getegid(), account()
    os.unshare(os.CLONE_NEWUSER)
    for name, content in (
        ("setgroups", "deny"),
        ("uid_map", f"{inner.pw_uid} {outer_user} 1"),
        ("gid_map", f"{inner.pw_gid} {outer_group} 1"),
    ):
        Path("/proc/self", name).write_text(content, encoding="ascii")


def become_account() -> None:
    """Give up root for the account, keeping only the right to pass closed folders on the way to its own files."""
    libc = ctypes.CDLL(None, use_errno=True)
    entry = account()
    libc.prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0)
    os.setgroups([])
    os.setresgid(entry.pw_gid, entry.pw_gid, entry.pw_gid)
    os.setresuid(entry.pw_uid, entry.pw_uid, entry.pw_uid)
    wanted = 1 << CAP_DAC_OVERRIDE
    header = (ctypes.c_uint32 * 2)(CAPABILITY_VERSION_3, 0)
    # Effective, permitted, inheritable; then the same three for capabilities from 32 on.
    sets = (ctypes.c_uint32 * 6)(wanted, wanted, wanted, 0, 0, 0)
    # Without the capability the start still works where the way to the files is open to all.
    if libc.capset(header, sets) == 0:
        libc.prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_DAC_OVERRIDE, 0, 0)


def main(arguments: list[str]) -> None:
    """Replace this process by the command, or exit quietly with 1 when `--probe` finds namespaces refused."""
    parser = argparse.ArgumentParser(prog="launcher")
    parser.add_argument("--as", dest="manner", choices=("self", "namespace", "account"), required=True)
    parser.add_argument("--dies-with-parent", type=int, default=0, metavar="SIGNAL")
    parser.add_argument("--parent", type=int, default=0, metavar="PROCESS")
    parser.add_argument("--probe", action="store_true")
    parser.add_argument("command", nargs="*")
    options = parser.parse_args(arguments)
    try:
        if options.manner == "namespace":
            enter_namespace()
    except OSError as error:
        sys.exit(1 if options.probe else f"A user namespace was refused: {error}")
    if options.probe:
        return
    if options.manner == "account":
        become_account()
    if options.dies_with_parent:
        # After the change of user, which clears it.
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, options.dies_with_parent, 0, 0, 0)
        if os.getppid() != options.parent:
            # The parent ended before it could be watched.
            return
    os.execv(options.command[0], options.command)  # noqa: S606  (the server itself, by its full path)


if __name__ == "__main__":
    main(sys.argv[1:])
