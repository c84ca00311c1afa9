"""Files that go to several disks: one that hangs delays only what is stored on it."""

import os
import pathlib
import shutil
import signal
import tempfile
import threading
import time
import unittest

from faults import Device, FaultTest
from harness import IMEI, PATIENCE

SLOW = "350612071913858"  # a camera whose folder is on another disk


def folders_on_two_disks():
    """Where each of two file systems may be written to."""
    found = {}
    for place in ("/dev/shm", tempfile.gettempdir(), "/var/tmp", "/run", os.getcwd()):
        if os.access(place, os.W_OK):
            found.setdefault(os.stat(place).st_dev, place)
    return list(found.values())[:2]


class DisksThatHang(FaultTest):
    def setUp(self):
        super().setUp()
        shutil.rmtree(self.folder)
        quick, slow = folders_on_two_disks()
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="dualcam-test-", dir=quick))
        self.out = self.folder / "out"
        self.fresh()
        self.slow = pathlib.Path(tempfile.mkdtemp(prefix="dualcam-test-", dir=slow))
        self.addCleanup(shutil.rmtree, self.slow)
        (self.out / SLOW).symlink_to(self.slow)

    def served(self, fault, *options):
        """A server that sees the second disk fail so."""
        return self.watched(*options, watch=self.slow, fault=fault)

    def wait_until_it_hangs(self, server):
        deadline = time.monotonic() + PATIENCE
        while not any(call["fate"] == b"hangs" for call in server.trace.hit):
            self.assertLess(time.monotonic(), deadline, "nothing hangs")
            time.sleep(0.01)

    def begin_slow(self, server):
        """The other camera is at work, on the disk that hangs."""
        device = Device([self.record("photof", 20_000)], imei=SLOW)
        threading.Thread(target=device.upload, args=(server, 1), daemon=True).start()
        self.wait_until_it_hangs(server)
        return device

    def check_quick(self, server):
        recording = self.record("videof", 300_000)
        quick = Device([recording])
        self.assertTrue(quick.connect(server))
        self.assertEqual(quick.recordings, [])
        [*names] = (self.out / IMEI).glob("*.h265")
        self.assertEqual([name.read_bytes() for name in names], [recording.content])

    def test_an_upload_beside_a_disk_that_hangs(self):
        """Whatever is asked of it, and when it is to make something durable."""
        for fault in ("hang:1+", "hang:5+", "hang-sync:1+"):
            with self.case(fault=fault):
                self.fresh()
                (self.out / SLOW).symlink_to(self.slow)
                server = self.served(fault, "-k")
                slow = self.begin_slow(server)
                self.check_quick(server)
                self.assertNotEqual(slow.recordings, [])
                server.process.kill()
                server.wait()

    def test_a_disk_that_hangs_and_is_not_needed_does_not_keep_the_server(self):
        server = self.served("hang:1+")
        self.check_quick(server)
        self.assertEqual(server.wait(), 0, server.errors)
        server = self.served("hang:1+", "-k")
        server.signal(signal.SIGTERM)
        self.assertEqual(server.wait(), 0, server.errors)

    def test_what_goes_to_another_disk_is_stored_there(self):
        server = self.served(None)
        recording = self.record("videof", 300_000)
        device = Device([recording], imei=SLOW)
        device.upload(server)
        self.assertEqual(server.wait(), 0, server.errors)
        [*names] = self.slow.glob("*.h265")
        self.assertEqual([name.read_bytes() for name in names], [recording.content])


if __name__ == "__main__":
    unittest.main()
