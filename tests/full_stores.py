#!/usr/bin/env python3
"""Disks that fail only when the kernel writes back what they have accepted: ext4, xfs and overlayfs
on a sparse image whose store becomes full.

    tests/full_stores.py TOOLS      as root, where file systems can be mounted

What dcam-serve has reported as stored, and what a readable checkpoint claims, has to be there once
the image is mounted anew; and when there is room again, every camera's file arrives once.
"""

import hashlib
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

CAMERAS = 12
FIRST = 2          # of them alone, whose files are stored before the others come
VIDEO = 3_000_000  # bytes of each camera
ROOM = 16 << 20    # before the store is full
ENOUGH = "1g"
TURNS = 4
PATIENCE = 120  # seconds
CLAIM = re.compile(rb"held (\d+) \d+ (\d+) [^\n]*?(?: tail (\d+) [0-9a-f]{16})? [0-9a-f]{16}\n")


def run(*command):
    subprocess.run([str(part) for part in command], check=True)


class Store:
    """A file system in an image, in a tmpfs of its own."""

    def __init__(self, folder, kind):
        self.kind = kind
        self.below, self.disk = folder / "below", folder / "disk"
        self.image = self.below / "image"
        for place in (self.below, self.disk):
            place.mkdir()
        run("mount", "-t", "tmpfs", "-o", f"size={ENOUGH}", "none", self.below)
        with open(self.image, "wb") as image:
            image.truncate(600 << 20)
        if kind == "ext4":
            run("mkfs.ext4", "-q", "-E", "lazy_itable_init=0,lazy_journal_init=0", self.image)
        else:
            run("mkfs.xfs", "-q", self.image)
        self.mount()
        status = os.statvfs(self.below)
        used = (status.f_blocks - status.f_bfree) * status.f_frsize
        run("mount", "-o", f"remount,size={used + ROOM}", self.below)

    def mount(self):
        device = pathlib.Path(subprocess.run(["losetup", "--find", "--show", self.image], check=True,
                                             stdout=subprocess.PIPE, text=True).stdout.strip())
        # Linux's loop device takes a write that was cut short for a whole one: no more than a page at once.
        (pathlib.Path("/sys/block") / device.name / "queue/max_sectors_kb").write_text("4")
        run("mount", device, self.disk)
        run("losetup", "--detach", device)  # once it is unmounted
        self.folder = self.disk / "files"
        if self.kind == "overlay":
            for name in ("lower", "upper", "work", "files"):
                (self.disk / name).mkdir(exist_ok=True)
            layers = ",".join(f"{name}dir={self.disk / name}" for name in ("lower", "upper", "work"))
            run("mount", "-t", "overlay", "-o", layers, "overlay", self.folder)
        self.folder.mkdir(exist_ok=True)

    def mount_anew(self):
        """With room: nothing of the page cache is left."""
        self.unmount()
        run("mount", "-o", f"remount,size={ENOUGH}", self.below)
        self.mount()

    def unmount(self):
        if self.kind == "overlay":
            run("umount", self.folder)
        run("umount", self.disk)


class Case:
    def __init__(self, tools, store, video):
        self.tools, self.store, self.video = tools, store, video
        self.out = store.folder / "out"
        self.content = video.read_bytes()
        self.sum = hashlib.sha256(self.content).hexdigest()

    def upload(self, *groups):
        """So many cameras at a time to one server: the paths that it has reported, and its errors."""
        server = subprocess.Popen(
            [self.tools / "dcam-serve", "-k", "-q", "-b", "127.0.0.1", "-p", "0", "--min-free", "0",
             "--json", "-o", self.out], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        port = json.loads(server.stdout.readline())["port"]
        for cameras in groups:
            subprocess.run([self.tools / "dcam-sim", "-q", "--devices", str(cameras), f"127.0.0.1:{port}",
                            f"videof={self.video}"], timeout=PATIENCE, stderr=subprocess.DEVNULL)
        server.terminate()
        output, errors = server.communicate(timeout=PATIENCE)
        events = [json.loads(line) for line in output.splitlines()]
        done = [event for event in events if event["event"] == "file-done"]
        assert all(event["sha256"] == self.sum for event in done), "another SHA-256"
        assert server.returncode == 0, f"exit status {server.returncode}: {errors}"
        failed = [event["error"] for event in events if event["event"] == "file-failed"]
        return [pathlib.Path(event["path"]) for event in done], failed

    def claimed(self, part):
        """Bytes, by the newest readable claim."""
        checkpoint = part.with_name(part.name + ".checkpoint")
        claims = CLAIM.findall(checkpoint.read_bytes()) if checkpoint.exists() else []
        return max(((int(number), int(size) - int(tail or 0)) for number, size, tail in claims),
                   default=(0, 0))[1]

    def check(self):
        told, failed = self.upload(FIRST, CAMERAS)
        assert len(told) >= FIRST, f"only {len(told)} files were reported before the disk failed"
        assert failed and len(told) < CAMERAS, f"the disk did not fail: {len(told)} files"
        self.store.mount_anew()
        for path in told:
            assert path.read_bytes() == self.content, f"{path} was reported and is not there"
        parts = list(self.out.rglob("*.part"))
        claimed = 0
        for part in parts:
            size = self.claimed(part)
            claimed += size
            assert part.read_bytes()[:size] == self.content[:size], f"{part}: a false claim"
        again, failed = self.upload(CAMERAS)
        assert not failed, f"with room again: {failed}"
        files = list(self.out.rglob("*.h265"))
        assert len(files) == CAMERAS, f"{len(files)} files"
        assert all(file.read_bytes() == self.content for file in files), "another content"
        assert not list(self.out.rglob("*.part")), "parts are left"
        return (f"{len(told)} of {CAMERAS} files reported before the store was full, "
                f"{claimed} bytes of {len(parts)} parts claimed, all there; then {len(again)} more")


def check_all(tools, folder):
    video = folder / "video"
    video.write_bytes(os.urandom(VIDEO))
    for kind in ("ext4", "xfs", "overlay"):
        for turn in range(TURNS):
            place = folder / f"{kind}-{turn}"
            place.mkdir()
            store = Store(place, kind)
            print(f"{kind}: {Case(tools, store, video).check()}", flush=True)
            store.unmount()
            run("umount", store.below)


def main():
    if len(sys.argv) > 2:
        return check_all(*map(pathlib.Path, sys.argv[1:]))
    with tempfile.TemporaryDirectory() as folder:  # what is mounted in it goes with the other process
        return subprocess.run(["unshare", "--mount", sys.executable, __file__,
                               pathlib.Path(sys.argv[1]).resolve(), folder]).returncode


sys.exit(main())
