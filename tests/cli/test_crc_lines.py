#!/usr/bin/env python3
"""dcam-crc on the capture of a bad line: what dcam-serve stored can be had from the capture, too.

Run: DUALCAM_TOOLS=build/gcc/tools python3 tests/cli/test_crc_lines.py
"""
import unittest

from families import FAMILIES
from figures import full
from harness import ToolTest, sha256

# What dcam-sim can do to a line, and how a device may behave.
LINES = {
    "none": (),
    "pieces": ("--chunk", "random"),
    "bytes": ("--chunk", 1),
    "corrupt": ("--corrupt", "0.1"),
    "corrupt, the chain goes on": ("--corrupt", "0.1", "--crc-after-sync", "chain"),
    "corrupt and back": ("--corrupt", "0.1", "--sync-back", 3),
    "back to the start": ("--corrupt", "0.05", "--sync-back", 1000),
    "cut": ("--cut", 2, "--cut", "random"),
    "cut and corrupt": ("--cut", 4, "--cut", 9, "--cut", "random", "--corrupt", "0.1"),
    "cut and replaced": ("--cut", 7, "--replace-file"),
    "silent": ("--stall", "300ms"),
    "no metadata": ("--mute-metadata",),
    "status": ("--end-status", 1),
    "status and corrupt": ("--end-status", 17, "--corrupt", "0.1"),
    "two devices": ("--devices", 2, "--corrupt", "0.05", "--cut", 5),
}
SEED = 3
BY_PATH = {
    "START counts packets": ("--start-in-packets",),
    "START counts packets, corrupt and cut": ("--start-in-packets", "--corrupt", "0.1", "--cut", 9),
    "asked for by 7 bytes": ("--path-form", "first7"),
}


class Lines(ToolTest):
    def extracted_from_line(self, sizes, *line):
        """What dcam-crc has of a line on which files of these sizes were sent, and was stored."""
        self.fresh()
        files = {kind: self.file(f"{kind}.bin", size) for kind, size in sizes.items()}
        capture = self.folder / "line.pcap"
        capture.unlink(missing_ok=True)  # dcam-serve goes on with one
        server = self.serve("-k", "--idle-timeout", "2s", "--capture", capture)
        self.sim(server, "--reconnect", "8", "--reconnect-delay", "20ms", *line,
                 *(f"{kind}={path}" for kind, path in files.items()))
        server.signal(15)
        self.assertEqual(server.wait(), 0, server.errors)
        folder = self.folder / "extracted"
        check = self.run_tool("dcam-crc", "--dump", capture, "-x", folder)
        self.assertIn(check.returncode, (0, 1), check.stderr)
        found = sorted(folder.iterdir())
        whole = sorted(sha256(path) for path in found if path.suffix != ".part")
        for path in found:
            path.unlink()
        stored = sorted(sha256(self.out / name) for name in self.stored()
                        if name.endswith((".jpg", ".h265", ".mp4", ".bin")))
        sent = sorted(sha256(path) for path in files.values())
        return whole, stored, sent

    def test_a_corrupt_line_that_is_cut(self):
        for seed in (5, 6):
            with self.subTest(seed=seed):
                whole, stored, _ = self.extracted_from_line(
                    {"photof": 49_000, "videof": 120_000}, "--devices", "3", "--seed", str(seed),
                    "--corrupt", "0.02", "--cut", "20", "--cut", "60", "--cut", "100")
                self.assertEqual(len(stored), 6)
                self.assertEqual(whole, stored)

    def test_every_family_whatever_the_line_does(self):
        every = full(3, 1)  # each line with some families, or with all
        for number, family in enumerate(FAMILIES):
            lines = LINES | (BY_PATH if family.folder else {})
            for name, line in list(lines.items())[number % every::every]:
                with self.subTest(family=family.name, line=name):
                    whole, stored, sent = self.extracted_from_line(
                        {"photof": 3_000, "videof": 12_000}, *map(str, family.sim), "--seed",
                        str(SEED + number), *map(str, line))
                    if "--replace-file" not in line:
                        self.assertEqual(stored, sorted(sent * (2 if "--devices" in line else 1)))
                    self.assertEqual(whole, stored)
                    self.assertGreater(len(stored), 0)

    def test_a_file_replaced_after_a_cut_is_mixed_with_none(self):
        whole, stored, _ = self.extracted_from_line({"videof": 60_000}, "--seed", "4", "--cut", "20",
                                                    "--corrupt", "0.01", "--replace-file")
        self.assertEqual(whole, stored)
        self.assertEqual(len(stored), 1)


if __name__ == "__main__":
    unittest.main()
