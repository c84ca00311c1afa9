"""Every call of dcam-serve that touches the output folder fails, one after the other, once and
for good, until a run meets no fault: SQLite's way."""

import errno
import itertools
import os
import re
import subprocess
import threading
import unittest

from families import DUALCAM, for_every_family
from faults import SHIM, STATE, Device, FaultTest, Recording
from figures import full
from harness import SIGINT, SIGTERM, tool

STRIDE = full(7, 1)
# Those of libc that change a file or a folder, or make a change durable.
CALLS_ON_FILES = {name + width for width in ("", "64") for name in (
    "chmod", "copy_file_range", "creat", "fallocate", "fchmod", "fchmodat", "fdatasync", "fdopen", "flock", "fopen",
    "freopen", "fsync", "fsetxattr", "ftruncate", "futimens", "link", "linkat", "mkdir", "mkdirat", "mkostemp",
    "mkstemp", "mkdtemp", "msync", "open", "openat", "posix_fallocate", "pwrite", "pwritev", "pwritev2", "remove",
    "rename", "renameat", "renameat2", "rmdir", "sendfile", "setxattr", "symlink", "symlinkat", "sync",
    "sync_file_range", "syncfs", "truncate", "unlink", "unlinkat", "utimensat", "write", "writev")}


class WriteFaults(FaultTest):
    def setUp(self):
        super().setUp()
        self.recordings_of = {}

    @property
    def recordings(self):
        if self.family not in self.recordings_of:
            self.recordings_of[self.family] = [self.record("videof", 1_300_000),
                                               self.record("photor", 3_000)]
        return self.recordings_of[self.family]

    def sweep(self, *faults, tails=("", "+"), run=None):
        """Each fault at each call (every STRIDE-th by default), once and for good; with a family that
        shares most of its code one in two is either, unless --full."""
        run = run or self.meets
        stride = self.every(STRIDE)
        for turn, (fault, tail) in enumerate(itertools.product(faults, tails)):
            if self.family is not DUALCAM and (turn + turn // 2) % full(2, 1):
                continue
            hits = 0
            position = 1 + self.random.randrange(stride)
            while position:
                met = True
                with self.case(fault=f"{fault}:{position}{tail}"):
                    self.fresh()
                    met = run(f"{fault}:{position}{tail}")
                hits += met
                # there may be fewer calls than the stride
                position = position + stride if met else position // 2 if hits == 0 else 0
            self.assertGreater(hits, 0, f"{fault} met no call")
        how = " and for good" if "+" in tails else ""
        self.row("write faults", f"{', '.join(faults)} at every call, once{how}",
                 "0 wrong finals, 0 lost parts, right exit code each")

    def meets(self, fault, *options, recordings=None, held=0, older=()):
        """One run with the fault, one without; False if the fault found no call to hit. So many
        bytes of the video are held already, or older files have the names."""
        recordings = recordings or self.recordings
        device = Device(recordings)
        server = self.watched(*options, fault=fault)
        if server.port:
            device.upload(server)
        status = server.wait()
        trace = server.trace
        self.assert_no_wrong_finals(self.contents(), [*self.recordings, *older])
        self.check_faulty_run(fault, status, server, trace, device)
        self.check_part(max(held, trace.synced(b".h265.part")))
        again = self.watched(*options)
        device.upload(again)
        self.assertEqual(again.wait(), 0, again.errors)
        self.assert_exactly(recordings)
        return bool(trace.hit)

    def check_faulty_run(self, fault, status, server, trace, device):
        name = fault.split(":")[0]
        self.assertNotIn("Sanitizer", server.errors)
        if not trace.hit or name in ("EINTR", "short"):
            self.assertEqual(status, 0, server.errors)
        if status == 0:
            self.assertEqual(device.recordings, [])
        else:
            self.assertEqual(status, 3, server.errors)
            self.assert_said_once(name.removeprefix("short-"), server)
        for failed in trace.failed_syncs():  # the kernel may have dropped what it did not write
            if name != "EINTR" and failed["path"].endswith((b".h265.part", b".jpg.part")):
                self.assertNotEqual(device.recordings, [], "told the device in spite of it")

    def check_part(self, durable):
        """So many bytes of the video are there, as its part or as the finished file."""
        contents = self.contents()
        names = ([name for name in contents if name.endswith(".h265.part")] or
                 [name for name in contents if name.endswith(".h265")])
        content = self.recordings[0].content
        if durable:
            self.assertEqual(len(names), 1, names)
            self.assertTrue(contents[names[0]][:durable] == content[:durable])

    def assert_said_once(self, name, server):
        """One line that names the error and the path."""
        text = os.strerror(getattr(errno, name))
        lines = [line for line in server.lines if text in line]
        self.assertEqual(len(lines), 1, server.lines)
        self.assertIn(str(self.out), lines[0])

    def test_the_shim_watches_every_call_that_dcam_serve_has_for_files(self):
        def symbols(path, defined):
            listed = subprocess.run(["readelf", "-W", "--dyn-syms", path], capture_output=True, text=True, check=True)
            found = re.findall(r"^(?: +\S+){6} +(\w+) (\w+)", listed.stdout, re.MULTILINE)
            return {name for place, name in found if (place != "UND") == defined}

        unwatched = symbols(tool("dcam-serve"), False) & CALLS_ON_FILES - symbols(SHIM, True)
        self.assertLessEqual(unwatched, {"fchmod", "mkostemp"})  # of --metrics and TMPDIR, which are elsewhere

    @for_every_family
    def test_without_a_fault_the_shim_sees_all_of_a_transfer(self):
        server = self.watched(data=True)
        Device(self.recordings).upload(server)
        self.assertEqual(server.wait(), 0, server.errors)
        calls = server.trace.calls
        self.assertLess({"open", "mkdir", "flock", "fsync", "rename", "close", "send", "recv"},
                        {call["call"] for call in calls})
        written = b"".join(call["data"] for call in calls
                           if "offset" in call and call["path"].endswith(b".h265.part"))
        self.assertEqual(written, self.recordings[0].content)

    @for_every_family
    def test_a_full_disk(self):
        self.sweep("ENOSPC", "EDQUOT", "short-ENOSPC")

    @for_every_family
    def test_a_broken_disk(self):
        self.sweep("EIO")

    @for_every_family
    def test_a_disk_that_is_read_only_or_forbidden(self):
        self.sweep("EROFS", "EACCES", "EMFILE", "ENOLCK")

    @for_every_family
    def test_interruptions_and_short_writes_go_unnoticed(self):
        self.sweep("EINTR", tails=("",))
        self.sweep("short")

    def test_a_disk_that_changes_what_is_written(self):
        """What reads back otherwise than it was verified gets no name and is kept, and what comes
        behind it is whole."""
        changed = 0
        for position in itertools.count(1):
            with self.case(fault=f"flip:{position}"):
                self.fresh()
                device = Device(self.recordings)
                server = self.watched(fault=f"flip:{position}")
                device.upload(server)
                status = server.wait()
                [*hit] = server.trace.hit
                if not hit:
                    break
                contents = self.contents()
                if not hit[0]["path"].endswith((b".h265.part", b".jpg.part")):
                    continue  # a checkpoint, a record or a sidecar
                changed += 1
                self.assertEqual(status, 1, server.errors)
                self.assert_no_wrong_finals(contents, self.recordings)
                self.assertRegex(server.errors, "is not what was verified.*kept as .*_1.*part")
                self.assertEqual(len([name for name in contents if name.endswith(".part")]), 1)
                again = self.watched()
                device.upload(again)
                self.assertEqual(again.wait(), 0, again.errors)
                finals = {name: content for name, content in self.contents().items()
                          if self.is_final(name)}
                self.assertEqual(len(finals), 2, sorted(finals))
                self.assert_no_wrong_finals(finals, self.recordings)
        self.assertGreater(changed, 1)

    @for_every_family
    def test_while_a_part_is_gone_on_with(self):
        video = self.recordings[:1]
        server = self.watched()
        Device(video, cut=1_200_000).connect(server)
        server.expect("waiting for the camera to come back")
        server.signal(SIGINT)
        self.assertEqual(server.wait(), 128 + SIGINT)
        before = self.contents()
        held = max(len(content) for content in before.values())
        self.assertGreater(held, 1_000_000)

        def run(fault):
            self.put_back(before)
            return self.meets(fault, recordings=video, held=held)

        self.sweep("ENOSPC", "EIO", "EACCES", "EMFILE", "ENOLCK", "short-ENOSPC", run=run)
        self.sweep("EINTR", tails=("",), run=run)
        self.sweep("short", run=run)

    @for_every_family
    def test_while_older_files_are_replaced(self):
        older = [self.record(each.kind, len(each.content)) for each in self.recordings]
        server = self.watched()
        Device(older).upload(server)
        self.assertEqual(server.wait(), 0, server.errors)
        before = self.contents()

        def run(fault):
            self.put_back(before)
            return self.meets(fault, "--if-exists", "replace", older=older)

        self.sweep("ENOSPC", "EIO", "EACCES", run=run)

    def put_back(self, contents):
        for name, content in contents.items():
            (self.out / name).parent.mkdir(exist_ok=True)
            (self.out / name).write_bytes(content)

    def test_one_fault_costs_one_transfer(self):
        """Unless it meets a folder whose entries both wait for: its sync may be one for both."""
        recordings = {imei: Recording("photof", self.random.randbytes(20_000))
                      for imei in ("000000000000001", "000000000000002")}
        self.sweep("ENOSPC", "EIO", "EACCES", tails=("",),
                   run=lambda fault: self.two_meet(fault, recordings))

    def two_meet(self, fault, recordings):
        devices = [Device([recording], imei) for imei, recording in recordings.items()]
        server = self.watched("-k", fault=fault)
        if server.port:
            self.both(server, devices)
            server.signal(SIGTERM)
        status = server.wait()
        hit = server.trace.hit
        self.assert_no_wrong_finals(self.contents(), recordings.values())
        self.assertEqual(status, 0 if server.port else 3, server.errors)
        shared = [str(folder).encode() for folder in (self.out, self.out / STATE)]
        if server.port and not any(call["path"] in shared for call in hit):
            self.assertTrue(any(not device.recordings for device in devices), (hit, server.errors))
        again = self.watched("-k")
        self.both(again, devices)
        again.signal(SIGTERM)
        self.assertEqual(again.wait(), 0, again.errors)
        self.assert_exactly(recordings.values())
        return bool(hit)

    def both(self, server, devices):
        threads = [threading.Thread(target=device.connect, args=(server,))
                   for device in devices]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()


if __name__ == "__main__":
    unittest.main()
