"""The power goes while many cameras are at work, whose files share their syncs: whatever the disk then
holds, each claim is true, each final name has its content and its record, and what a camera was told
to be stored is there."""

import collections
import pathlib
import shutil
import signal
import tempfile
import unittest

from faults import FaultTest
from figures import full
from harness import STATE
from power_cut import Disk, Told, claims_and_tails_in

CAMERAS = full(120, 200)  # beyond 100 they claim together
SIZE = 60_000
RATE = "12K"  # of each: its file takes several commit rounds
STRIDE = full(121, 5)
MIXTURES = 2
FIRST = 350612071913857


class ManyTold:
    """Told, for each connection."""

    def __init__(self):
        self.sockets = collections.defaultdict(Told)
        self.imeis = {}
        self.stored = set()  # IMEIs whose only file was told to be stored

    def apply(self, call):
        if call["call"] not in ("send", "recv"):
            return
        number = call["socket"]
        if call["call"] == "recv" and number not in self.imeis:
            self.imeis[number] = int.from_bytes(call["data"][4:12], "big")
        self.sockets[number].apply(call)
        if self.sockets[number].files:
            self.stored.add(self.imeis[number])


class PowerCutsOfMany(FaultTest):
    def setUp(self):
        super().setUp()
        shutil.rmtree(self.folder)  # on a disk rather than in memory: there all may be synced as one
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="dualcam-test-"))
        self.out = self.folder / "out"
        self.fresh()
        self.shared = 0  # claims that were read in a table

    def test_whatever_a_shared_sync_leaves_is_true(self):
        photo = self.file("photo", SIZE)
        server = self.watched("-k", data=True)
        sent = self.sim(server, "-q", "--devices", CAMERAS, "--rate", RATE, f"photof={photo}")
        self.assertEqual(sent.returncode, 0, sent.stderr)
        server.signal(signal.SIGTERM)
        self.assertEqual(server.wait(), 0, server.errors)
        self.assert_stored(*[photo] * CAMERAS)
        calls = server.trace.calls
        content = photo.read_bytes()
        disk, told = Disk(self.out), ManyTold()
        for number, call in enumerate(calls):
            told.apply(call)
            disk.apply(call)
            if number % self.every(STRIDE) == 0:
                for state in disk.states(self.random, MIXTURES):
                    with self.case(call=number):
                        self.check(state, content, told.stored)
        self.assertEqual(told.stored, set(range(FIRST, FIRST + CAMERAS)))
        self.assertGreater(self.shared, 0)
        whole = sum(call["call"] == "syncfs" for call in calls)
        self.row("power cut", f"while {CAMERAS} cameras are at work ({whole} times all was synced as one)",
                 "0 wrong claims")

    def check(self, state, content, stored):
        records = b"".join(held for name, held in state.items() if name.startswith(STATE))
        finals = set()
        tables = {pathlib.PurePath(name).name: held for name, held in state.items()
                  if "/claims-" in name}
        for name, held in state.items():
            if name.endswith(".part.checkpoint"):
                part = state.get(name.removesuffix(".checkpoint"),
                                 state.get(name.removesuffix(".part.checkpoint"), b""))
                claims = claims_and_tails_in(held, tables)
                self.shared += len(claims) - len(claims_and_tails_in(held))
                for claim, tail in claims:
                    self.assertEqual(part[:claim - len(tail)] + tail, content[:claim],
                                     f"{name} claims {claim}, of {len(part)} bytes")
            elif self.is_final(name) and not name.startswith(STATE):
                self.assertEqual(held, content, name)
                self.assertIn(f" path:{name} path:{name}.part ".encode(), records, "without a record")
                finals.add(int(name.split("/")[0]))
        self.assertLessEqual(stored, finals, "lost, though the camera was told")


if __name__ == "__main__":
    unittest.main()
