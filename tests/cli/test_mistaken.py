#!/usr/bin/env python3
"""What is given to the wrong tool is recognised, and the right one named.

Run: DUALCAM_TOOLS=build/gcc/tools python3 tests/cli/test_mistaken.py
"""
import pathlib
import shutil
import subprocess
import unittest

from harness import ToolTest

CASES = pathlib.Path(__file__).parent / "cases"


class Mistaken(ToolTest):
    def test_a_capture_is_nothing_to_convert(self):
        for name in ("fragments.pcap", "two-linktypes.pcapng", "plain.bin"):
            path = shutil.copy(CASES / name, self.folder / "clip.h265")
            done = self.run_tool("dcam-convert", path)
            self.assertEqual((done.returncode, done.stdout), (1, ""))
            self.assertIn("is captured traffic: 'dcam-crc -x DIR --dump FILE'", done.stderr)

    def test_what_is_compressed_is_nothing_to_convert(self):
        for command, name in ((["gzip", "-c"], "gz"), (["zstd", "-qc"], "zst"), (["xz", "-c"], "xz")):
            with self.subTest(command=command):
                path = self.folder / f"capture.pcap.{name}"
                path.write_bytes(subprocess.run([*command, CASES / "fragments.pcap"], check=True,
                                                capture_output=True).stdout)
                done = self.run_tool("dcam-convert", path)
                self.assertEqual((done.returncode, done.stdout), (1, ""))
                self.assertIn(f"is compressed: '{command[0]} -dc' undoes it; of captured traffic "
                              "'dcam-crc -x DIR --dump FILE'", done.stderr)

    def test_a_clip_has_no_metadata_in_it(self):
        for begin, name in ((b"\xff\xd8\xff\xe0\0\x10JFIF", "JPEG"),
                            (b"\0\0\0\x18ftypmp42\0\0\0\0", "MP4"),
                            (b"\0\0\0\1\x40\1\x0c\1\xff\xff", "HEVC Annex B")):
            with self.subTest(media=name):
                path = self.folder / "photo"
                path.write_bytes(begin + bytes(range(256)) * 8)
                done = self.run_tool("dcam-meta", path)
                self.assertEqual((done.returncode, done.stdout), (1, ""))
                self.assertIn(f"this is {name}", done.stderr)
                self.assertIn("sidecar is meant", done.stderr)


if __name__ == "__main__":
    unittest.main()
