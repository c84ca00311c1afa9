#!/usr/bin/env python3
"""dcam-crc on the capture of a bad line: what dcam-serve stored can be had from the capture, too.

Run: DUALCAM_TOOLS=build/gcc/tools python3 tests/cli/test_crc_lines.py
"""
import unittest

from harness import ToolTest, sha256


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

    def test_all_families(self):
        for line in (["--camera", "adas"], ["--camera", "dsm", "--protocol", "6"],
                     ["--camera", "dashcam"], ["--camera", "dualcam", "--protocol", "6"]):
            with self.subTest(line=line):
                whole, stored, sent = self.extracted_from_line(
                    {"photof": 30_000, "videof": 50_000}, *line, "--seed", "3", "--corrupt", "0.02",
                    "--cut", "12", "--cut", "25", "--chunk", "random")
                self.assertEqual(stored, sent)
                self.assertEqual(whole, stored)

    def test_a_file_replaced_after_a_cut_is_mixed_with_none(self):
        whole, stored, _ = self.extracted_from_line({"videof": 60_000}, "--seed", "4", "--cut", "20",
                                                    "--corrupt", "0.01", "--replace-file")
        self.assertEqual(whole, stored)
        self.assertEqual(len(stored), 1)


if __name__ == "__main__":
    unittest.main()
