#!/usr/bin/env python3
"""An upload to a quick disk, alone, beside one to a disk whose syncs take 3 s, and beside one to a disk
that has stopped: FUSE mounts of Debian's python3-fusepy, below the same output folder.

    slow_disk.py TOOLS [MIB]     the best of three of each, and its share of the time alone

Exit status 1 if either takes more than 1.5 times as long.
"""

import contextlib
import hashlib
import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import time

QUICK, SLOW = "350000000000001", "350000000000002"
ROUNDS = 3
SYNC = 3  # seconds

PASSED_ON = '''
import errno, os, sys, time
try:
    import fuse
except ImportError:
    import fusepy as fuse
root, mount, pause = sys.argv[1], sys.argv[2], float(sys.argv[3])
class Passed(fuse.Operations):
    def __call__(self, operation, path, *rest):
        return super().__call__(operation, root + path, *rest)
    def getattr(self, path, handle=None):
        status = os.lstat(path)
        return {name: getattr(status, name) for name in ("st_atime", "st_ctime", "st_gid", "st_mode",
                "st_mtime", "st_nlink", "st_size", "st_uid", "st_blocks")}
    def readdir(self, path, handle):
        return [".", "..", *os.listdir(path)]
    def statfs(self, path):
        status = os.statvfs(path)
        return {name: getattr(status, name) for name in ("f_bavail", "f_bfree", "f_blocks", "f_bsize",
                "f_favail", "f_ffree", "f_files", "f_flag", "f_frsize", "f_namemax")}
    def create(self, path, mode, info=None):
        return os.open(path, os.O_RDWR | os.O_CREAT, mode)
    def open(self, path, flags):
        return os.open(path, flags & ~(os.O_APPEND | os.O_TRUNC))
    def read(self, path, size, offset, handle):
        return os.pread(handle, size, offset)
    def write(self, path, data, offset, handle):
        return os.pwrite(handle, data, offset)
    def truncate(self, path, length, handle=None):
        os.truncate(path, length)
    def rename(self, old, new):
        os.rename(old, root + new)
    def link(self, target, source):
        os.link(root + source, target)
    def fsync(self, path, datasync, handle):
        time.sleep(pause)
        os.fsync(handle)
    def release(self, path, handle):
        os.close(handle)
    def mkdir(self, path, mode):
        os.mkdir(path, mode)
    def rmdir(self, path):
        os.rmdir(path)
    def unlink(self, path):
        os.unlink(path)
    def chmod(self, path, mode):
        os.chmod(path, mode)
    def utimens(self, path, times=None):
        os.utime(path, times)
fuse.FUSE(Passed(), mount, foreground=True)
'''


def wait_until(condition):
    while not condition():
        time.sleep(0.01)


@contextlib.contextmanager
def passed_on(folder, pause):
    """A mount whose syncs take so long; the process that serves it."""
    below, mount = folder / "below", folder / "mount"
    below.mkdir()
    mount.mkdir()
    server = subprocess.Popen(["/usr/bin/python3", "-c", PASSED_ON, below, mount, str(pause)])
    try:
        wait_until(lambda: os.path.ismount(mount) or server.poll() is not None)
        assert server.poll() is None, "no FUSE: Debian's python3-fusepy is needed, and root"
        yield mount, server
    finally:
        server.send_signal(signal.SIGCONT)
        subprocess.run(["umount", "--lazy", mount], check=True)
        server.wait()


class Serving:
    def __init__(self, tools, folder, video):
        self.tools, self.folder, self.video = tools, folder, video
        self.sum = hashlib.sha256(video.read_bytes()).hexdigest()

    def sim(self, imei, *arguments):
        return [self.tools / "dcam-sim", "-q", "--imei", imei, f"127.0.0.1:{self.port}", *arguments]

    def upload(self, slow=None, beside=contextlib.nullcontext):
        """Seconds of the upload; while it lasts `beside` has another camera send to `slow`."""
        out = pathlib.Path(tempfile.mkdtemp(dir=self.folder))
        if slow:
            (out / SLOW).symlink_to(slow)
        with subprocess.Popen([self.tools / "dcam-serve", "-k", "-q", "-b", "127.0.0.1", "-p", "0",
                               "--min-free", "0", "--json", "-o", out],
                              stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as server:
            self.port = json.loads(server.stdout.readline())["port"]
            with beside():
                begun = time.monotonic()
                subprocess.run(self.sim(QUICK, f"videof={self.video}"), check=True)
                assert any(f'"sha256":"{self.sum}"' in line for line in server.stdout), "it was not stored"
                took = time.monotonic() - begun
            server.kill()
        return took


def main():
    tools = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else "build/gcc/tools").resolve()
    mib = int(sys.argv[2]) if len(sys.argv) > 2 else 64
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        video = folder / "video"
        video.write_bytes(os.urandom(mib << 20))
        serving = Serving(tools, folder, video)
        alone = min(serving.upload() for _ in range(ROUNDS))
        print(f"{mib} MiB alone: {alone:.2f} s", flush=True)
        worst = 1
        for name, pause, stopped in (("beside a disk with syncs of 3 s", SYNC, False),
                                     ("beside a disk that has stopped", 0, True)):
            place = folder / name
            place.mkdir()
            with passed_on(place, pause) as (mount, fuse):
                @contextlib.contextmanager
                def beside():
                    with subprocess.Popen(serving.sim(SLOW, "--rate", "1M", f"videof={video}"),
                                          stderr=subprocess.DEVNULL) as other:
                        wait_until(lambda: list((place / "below").rglob("*.part")))
                        if stopped:
                            fuse.send_signal(signal.SIGSTOP)
                        yield
                        assert other.poll() is None, "the other camera was done before"
                        other.kill()
                        fuse.send_signal(signal.SIGCONT)

                times = []
                for _ in range(ROUNDS):
                    times.append(serving.upload(mount, beside))
                    for left in list(mount.iterdir()):
                        left.unlink()
                share = min(times) / alone
                worst = max(worst, share)
                print(f"{name}: {min(times):.2f} s, {share:.2f} x", flush=True)
        return 1 if worst > 1.5 else 0


sys.exit(main())
