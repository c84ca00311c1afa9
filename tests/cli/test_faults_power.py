"""The power goes, at every moment of a transfer: whatever the disk then holds, no final name has a
wrong content, what the device was told to be stored is there, and the transfer can be finished."""

import itertools
import json
import pathlib
import random
import signal
import unittest

from families import for_every_family
from faults import Device, FaultTest
from figures import full
from harness import STATE
from power_cut import BLOCK, RESTART, Claims, Disk, Told, claimed, claims_in
from wire import crc64

STRIDE = full(17, 1)
MIXTURES = full(2, 10)
RESTARTS = full(5, 20)  # of each transfer


class TheModelOfADisk(unittest.TestCase):
    """What a careless program would risk."""

    def states(self, *calls):
        disk = Disk("/out")
        for call in calls:
            disk.apply({"below": 1, "inode": 7} | call)
        return list(disk.states(random.Random(1), 1000))

    CREATE = {"call": "open", "path": b"/out/a.part", "creates": 1}
    WRITE = {"call": "write", "path": b"/out/a.part", "offset": 0, "data": b"x" * 2048}
    SYNC = {"call": "fsync", "path": b"/out/a.part"}
    RENAME = {"call": "rename", "path": b"/out/a.part", "to": b"/out/a"}
    SYNC_FOLDER = {"call": "fsync", "path": b"/out", "inode": 1}

    def test_a_name_before_its_content_is_durable(self):
        found = {"".join("x" if content[start] else "-" for start in range(0, len(content), 512))
                 for content in (state["a"] for state in
                                 self.states(self.CREATE, self.WRITE, self.RENAME)
                                 if "a" in state)}
        self.assertLess({"", "xxxx", "-xxx", "xx", "----"}, found)

    def test_a_name_that_is_not_durable(self):
        names = {tuple(state) for state in
                 self.states(self.CREATE, self.WRITE, self.SYNC, self.RENAME)}
        self.assertEqual(names, {(), ("a",), ("a.part",)})

    def test_all_done_right(self):
        for state in self.states(self.CREATE, self.WRITE, self.SYNC, self.RENAME,
                                 self.SYNC_FOLDER):
            self.assertEqual(state, {"a": b"x" * 2048})

    def test_a_file_in_a_folder_that_is_not_durable(self):
        states = self.states({"call": "mkdir", "path": b"/out/b"},
                             self.CREATE | {"path": b"/out/b/a"},
                             self.SYNC_FOLDER | {"path": b"/out/b"})
        self.assertIn({}, states)


class TheDemandsOfATrace(unittest.TestCase):
    """What a careless program would be told."""

    HEADER = b"dualcam checkpoint 2\nimei 1\n"
    HEADER = (HEADER + b"check %016x\n" % crc64(HEADER)).ljust(BLOCK, b"\0")

    def claim(self, size):
        line = b"held %d %d %d 1024 1a2b 0123456789abcdef from 1 0 0000 0000000000000000" % (
            size // 1024, size // 1024, size)
        return (line + b" %016x\n" % crc64(line, crc64(self.HEADER))).ljust(BLOCK, b"\0")

    def follow(self, *calls):
        claims = Claims()
        for path, call in calls:
            claims.apply({"path": path, "below": 1, "result": len(call.get("data", b""))} | call)
        return claims

    PART = b"/out/a.h265.part"
    CHECKPOINT = PART + b".checkpoint"
    SYNC = {"call": "fsync"}

    def written(self, size, offset=0):
        return {"call": "write", "offset": offset, "data": b"x" * size}

    def told(self, size):
        return {"call": "pwrite", "offset": 70, "data": self.claim(size)}

    def test_a_claim_without_a_sync(self):
        for calls in ([], [(self.CHECKPOINT, self.SYNC)], [(b"/out/b.part", self.SYNC)]):
            with self.assertRaisesRegex(AssertionError, "2048 bytes .* are claimed, 0 are synced"):
                self.follow((self.PART, self.written(2048)), *calls,
                            (self.CHECKPOINT, self.told(2048)))

    def test_a_claim_of_more_than_was_synced(self):
        with self.assertRaisesRegex(AssertionError, "2048 bytes .* are claimed, 1024 are synced"):
            self.follow((self.PART, self.written(1024)), (self.PART, self.SYNC),
                        (self.PART, self.written(1024, 1024)), (self.CHECKPOINT, self.told(2048)))

    def test_claims_done_right(self):
        calls = [(self.PART, self.written(2048)), (self.PART, self.SYNC),
                 (self.CHECKPOINT, self.told(2048))]
        self.assertEqual(self.follow(*calls).durable(b".h265.part"), 0)
        calls.append((self.CHECKPOINT, self.SYNC))
        self.assertEqual(self.follow(*calls).durable(b".h265.part"), 2048)

    def test_what_a_checkpoint_claims(self):
        text = self.HEADER + self.claim(2048) + self.claim(1024)
        self.assertEqual(claims_in(text), [2048, 1024])
        self.assertEqual(claimed(text), 2048)
        self.assertEqual(claimed(text.replace(b"held 2 ", b"held 3 ")), 1024)
        self.assertEqual(claimed(text[:BLOCK + 50]), 0)
        self.assertEqual(claimed(text.replace(b"imei 1", b"imei 2")), 0)
        self.assertEqual(claimed(b""), 0)


class PowerCuts(FaultTest):
    @for_every_family
    def test_a_transfer_from_its_start(self):
        recordings = self.recordings()
        calls = self.recorded(Device(recordings))
        self.check("whole", recordings, calls)
        self.row("power cut", "after each call of a transfer", "0 wrong finals")

    @for_every_family
    def test_a_transfer_that_goes_on_after_a_crash(self):
        """The process dies first, then the power goes while its successor is at work."""
        recordings = self.recordings()
        stride = self.every(STRIDE)
        for position in itertools.count(1 + self.random.randrange(stride), stride):
            self.fresh()
            device = Device(recordings)
            calls = self.recorded(device, fault=f"kill-after:{position}")
            if not device.recordings:
                break
            calls += [RESTART] + self.recorded(device)
            self.check(f"after a crash at call {position}", recordings, calls)
        self.assertGreater(position, stride, "it never crashed")
        self.row("power cut", "after each call of a transfer that goes on after a crash",
                 "0 wrong finals")

    def recordings(self):
        return [self.record("videof", 1_300_000), self.record("photor", 3_000)]

    def recorded(self, device, **options):
        server = self.watched(data=True, **options)
        if server.port:
            device.upload(server)
        self.assertIn(server.wait(), (0, 128 + signal.SIGKILL), server.errors)
        return server.trace.calls

    def check(self, what, recordings, calls):
        """Every state after every call; the server is started again on some of them."""
        self.assert_exactly(recordings)
        expected = self.contents()
        restarts = set(self.random.sample(range(len(calls) * (2 + MIXTURES)), RESTARTS))
        disk, told, claims = Disk(self.out), Told(), Claims()
        for number, call in enumerate(calls):
            told.apply(call)
            disk.apply(call)
            claims.apply(call)
            for turn, state in enumerate(disk.states(self.random, MIXTURES), number * (2 + MIXTURES)):
                with self.case(transfer=what, call=number):
                    self.check_state(state, expected, told, recordings)
                    self.check_claims(state, recordings)
                    if turn in restarts:
                        self.restart(state, self.forgotten(told), recordings,
                                     claims.durable(b".h265.part"))
        self.assertGreater(claims.durable(b".h265.part"), 0, "nothing was claimed")
        self.assertEqual(sorted(told.files), sorted(each.request for each in recordings))

    def forgotten(self, told):
        """What the device does not offer any more; what it was told last it may not have heard."""
        unsure = told.files and not told.heard and self.random.random() < 0.5
        return told.files[:-1] if unsure else told.files

    def check_state(self, state, expected, told, recordings):
        for name, content in state.items():
            if name.endswith(".json"):
                self.check_sidecar(name, content, expected)
            elif self.is_final(name) and not name.startswith(STATE):
                self.assertTrue(content == expected.get(name), f"{name} is wrong")
        endings = tuple(each.ending for each in recordings if each.request in told.files)
        for name in expected:
            if name.removesuffix(".json").endswith(endings):
                self.assertIn(name, state, "lost, though the device was told")

    def check_sidecar(self, name, content, expected):
        """It may be that of an earlier try, which a file had begun that came anew from its start."""
        found, right = (json.loads(each) for each in (content, expected.get(name, "{}")))
        self.assertEqual(found | {"received": None}, right | {"received": None}, name)

    def check_claims(self, state, recordings):
        """Whatever can be read is true: each claim of a checkpoint, and a file that has its name has
        its record."""
        records = b"".join(content for name, content in state.items() if name.startswith(STATE))
        for name, content in state.items():
            if name.endswith(".part.checkpoint"):
                part = name.removesuffix(".checkpoint")
                held = state.get(part, state.get(part.removesuffix(".part"), b""))
                for claim in claims_in(content):
                    self.assertTrue(any(held[:claim] == each.content[:claim] and len(held) >= claim
                                        for each in recordings), f"{name} claims {claim} bytes")
            elif self.is_final(name) and not name.startswith(STATE):
                self.assertIn(f" path:{name} path:{name}.part ".encode(), records, "without a record")

    def restart(self, state, gone, recordings, held):
        """The same command goes on from there, with the last checkpoint of the video."""
        self.fresh()
        for name, content in state.items():
            path = self.out / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        device = Device(recordings)
        device.recordings = [each for each in recordings if each.request not in gone]
        server = self.watched()
        device.upload(server)
        self.assertEqual(server.wait(), 0, server.errors)
        self.forget_unclaimed(state)
        self.assert_exactly(recordings)
        asked = dict(reversed(device.asked)).get("videof")  # the first time
        if asked:  # the last packet, of a file that is stored 4 KiB, and one more where that is short
            stored = asked > 1 and held == len(recordings[0].content)
            proof = 4096 + self.family.size if stored else self.family.size
            self.assertGreaterEqual(asked * self.family.size + proof, held,
                                    "verified bytes are fetched again")

    def forget_unclaimed(self, state):
        """In its first second nothing of a part is claimed, and the cut may have taken all that
        shows whose it is: then it is kept aside, as somebody else's would be."""
        for name in state:
            if name.endswith(".part") and not claims_in(state.get(name + ".checkpoint", b"")):
                stem, kept = name.rsplit(".", 2)[0], pathlib.PurePath(name).suffixes[-2]
                (self.out / f"{stem}_1{kept}.part").unlink(missing_ok=True)


if __name__ == "__main__":
    unittest.main()
