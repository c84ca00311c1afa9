"""So many cameras at once that parts get whole blocks only: what is between is in the claims."""

import errno
import fcntl
import struct
import time
import unittest

from harness import PATIENCE, SIGKILL, SIGTERM, STATE, ToolTest
from power_cut import claimed, tables_in, tail_in

CAMERAS = 130  # of which more than 100 grow at any time
FS_IOC_FIEMAP = 0xC020660B  # linux/fs.h


def has_room_beyond_its_end(path):
    """Whether blocks are allocated behind the last byte's. st_blocks alone cannot tell: ext4 counts
    a block of its own in it for a file of more than four extents."""
    status = path.stat()
    end = -(-status.st_size // 4096) * 4096
    question = struct.pack("=QQIIII", end, 2**63 - end, 0, 0, 0, 0)
    with path.open("rb") as file:
        try:
            return struct.unpack("=QQIIII", fcntl.ioctl(file, FS_IOC_FIEMAP, question))[3] > 0
        except OSError as error:
            if error.errno != errno.EOPNOTSUPP:
                raise
            return status.st_blocks * 512 > end  # tmpfs, which has no extents


class ManyParts(ToolTest):
    def setUp(self):
        super().setUp()
        self.photo = self.file("a.jpg", 200_000)
        self.content = self.photo.read_bytes()

    def cameras(self, server, rate):
        return self.start("dcam-sim", "-q", "--devices", str(CAMERAS), "--rate", str(rate),
                          f"127.0.0.1:{server.port}", f"photof={self.photo}")

    def tails(self):
        """How many parts have a tail in their newest claim."""
        tables = tables_in(self.out / STATE)
        return sum(bool(tail_in(path.read_bytes(), tables)) for path in self.out.glob("*/*.checkpoint"))

    def wait_for_tails(self, count):
        deadline = time.monotonic() + PATIENCE
        while self.tails() < count:
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.05)

    def held(self):
        """What is claimed of each part, which is what the camera has."""
        tables = tables_in(self.out / STATE)
        for part in self.out.glob("*/*.part"):
            checkpoint = part.with_name(part.name + ".checkpoint").read_bytes()
            count, tail = claimed(checkpoint, tables), tail_in(checkpoint, tables)
            found = part.read_bytes()[:count - len(tail)] + tail
            self.assertEqual(found, self.content[:count])
            yield count

    def test_a_server_is_killed_and_the_next_one_goes_on_with_what_is_claimed(self):
        server = self.serve("-k", "--json", "--max-connections", "200")
        cameras = self.cameras(server, 20_000)
        self.wait_for_tails(CAMERAS // 2)
        server.signal(SIGKILL)
        server.wait()
        cameras.wait()
        claims = sorted(count for count in self.held() if count)
        self.assertGreaterEqual(len(claims), CAMERAS // 2)
        server = self.serve("-k", "--json", "--max-connections", "200")
        self.assertEqual(self.cameras(server, 2_000_000).wait(), 0)
        server.signal(SIGTERM)
        self.assertEqual(server.wait(), 0)
        self.assert_stored(*[self.photo] * CAMERAS)
        begun = [event for event in self.events(server.output) if event["event"] == "file-start"]
        went_on = sorted(event["held"] for event in begun if event["held"])
        self.assertEqual(went_on, [-(-count // 1024) for count in claims])

    def test_what_is_stopped_has_all_bytes_in_its_parts(self):
        server = self.serve("-k", "--json", "--max-connections", "200")
        cameras = self.cameras(server, 20_000)
        self.wait_for_tails(CAMERAS // 2)
        server.signal(SIGTERM)
        self.assertEqual(server.wait(), 0)
        cameras.wait()
        sizes = sorted(path.stat().st_size for path in self.out.glob("*/*.part"))
        self.assertGreaterEqual(len(sizes), CAMERAS // 2)
        self.assertEqual(sorted(self.held()), sizes)
        self.assertEqual(self.tails(), 0)
        self.assertFalse(tables_in(self.out / STATE))
        for part in self.out.glob("*/*.part"):
            self.assertFalse(has_room_beyond_its_end(part), part.name)


if __name__ == "__main__":
    unittest.main()
