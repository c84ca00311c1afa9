"""What a file costs the disk, counted, not timed."""

import collections
import time
import unittest

from faults import Device, FaultTest, Recording
from figures import figure
from harness import PATIENCE
from power_cut import SYNCS
from wire import PACKET


class Costs(FaultTest):
    def calls(self, device, prepare=lambda: None):
        """Of a server that finds an empty folder, and has tidied it up, before `prepare`."""
        server = self.watched()
        deadline = time.monotonic() + PATIENCE
        while not any(call["call"] == "closedir" for call in server.trace.calls):
            self.assertLess(time.monotonic(), deadline, "it does not tidy up")
            time.sleep(0.005)
        prepare()
        device.upload(server)
        self.assertEqual(server.wait(), 0, server.errors)
        return server.trace.calls

    def syncs(self, size):
        calls = self.calls(Device([Recording("photof", self.random.randbytes(size))]))
        return [call["path"].decode() for call in calls if call["call"] in SYNCS]

    def test_syncs_of_a_photo(self):
        """In a new folder, whose own name has to become durable, and in one that is there."""
        counts = []
        for _ in range(2):
            synced = self.syncs(50_000)
            counts.append(len(synced))
            self.assertIn(len(synced), range(3, 7), synced)
            self.assertEqual([path for path, count in collections.Counter(synced).items()
                              if count > 1 and path != str(self.out / "350612071913857")], [])
        figure("syncs", "of a photo of 50 KB: in a new folder, in an old one", 2, counts, "<= 6")

    def test_a_start_and_a_finish_look_at_nothing_else(self):
        """As many calls among many parts and files as among none."""
        def by_name(calls):
            return collections.Counter(call["call"] for call in calls if call.get("below"))

        def decoys():
            folder = self.out / "350612071913857"
            folder.mkdir()
            checkpoint = b"dualcam checkpoint 2\n" + bytes(12_000)
            for number in range(2_000):
                (folder / f"x{number}.jpg.part").write_bytes(b"x")
                (folder / f"x{number}.jpg.part.checkpoint").write_bytes(checkpoint)
                (folder / f"x{number}.jpg").write_bytes(b"x")

        photo = Recording("photof", self.random.randbytes(20 * PACKET))
        alone = by_name(self.calls(Device([photo])))
        self.fresh()
        among_many = by_name(self.calls(Device([photo]), decoys))
        among_many.subtract(alone)
        self.assertLessEqual(sum(count for count in among_many.values() if count > 0),
                             0.2 * sum(alone.values()), among_many)


if __name__ == "__main__":
    unittest.main()
