"""What no tool can do anything about ends in an exit code and one line, never in a crash."""

import gzip
import resource
import unittest

from harness import ToolTest, sanitized

# What each tool is given beside the file that is at fault; nobody listens on port 1.
COMMANDS = {"dcam-convert": [], "dcam-crc": [], "dcam-meta": [], "dcam-sim": ["127.0.0.1:1"]}


class Unforeseen(ToolTest):
    def limited(self, limit, value, name, *arguments):
        def lower():
            resource.setrlimit(limit, (value, value))

        return self.run_tool(name, *arguments, preexec_fn=lower)

    def assert_told(self, name, result, codes):
        self.assertIn(result.returncode, codes, f"{name}: {result.stderr}")
        lines = result.stderr.splitlines()
        self.assertTrue(lines, name)
        for line in lines:
            self.assertTrue(line.startswith(f"{name}: "), f"{name}: {result.stderr}")

    def test_a_folder_without_videos_is_no_video(self):
        result = self.run_tool("dcam-convert", self.folder)
        self.assert_told("dcam-convert", result, {1})
        self.assertIn("no video", result.stderr)

    def test_a_folder_is_no_file(self):
        for name, before in COMMANDS.items():
            if name == "dcam-convert":  # looks into folders
                continue
            with self.subTest(name):
                result = self.run_tool(name, *before, self.folder)
                self.assert_told(name, result, {3})
                self.assertIn("directory", result.stderr.lower())

    def test_a_folder_is_no_configuration(self):
        self.assert_told("dcam-serve", self.run_tool("dcam-serve", "--config", self.folder), {2, 3})

    def test_a_missing_file_is_named(self):
        for name, before in COMMANDS.items():
            with self.subTest(name):
                result = self.run_tool(name, *before, self.folder / "none")
                self.assert_told(name, result, {3})
                self.assertIn(str(self.folder / "none"), result.stderr)

    def test_out_of_descriptors(self):
        photo, packed = self.file("p.jpg", 100), self.folder / "p.gz"
        packed.write_bytes(gzip.compress(photo.read_bytes()))
        given_to = {name: [*before, photo] for name, before in COMMANDS.items()} | {
            "dcam-crc": ["--dump", packed], "dcam-meta": [packed],  # others take no more than the loader has
            "dcam-serve": ["-b", "127.0.0.1", "-p", "0", "-o", self.out, "--wait", "0s", "--log-time", "never"]}
        for name, given in given_to.items():
            told = False
            for descriptors in range(4, 12): # one for the loader; more and more of the way
                with self.subTest(name, descriptors=descriptors):
                    result = self.limited(resource.RLIMIT_NOFILE, descriptors, name, *given)
                    self.assertIn(result.returncode, range(8), result.stderr)
                    if "open files" in result.stderr:
                        told = True
                        self.assert_told(name, result, {3})
            self.assertTrue(told, f"{name} had descriptors enough")

    def test_out_of_memory(self):
        # A limit that the tool itself starts with (found, since it differs from build to build), but
        # not what it is given; a sanitized one ends before its own code does.
        photo = self.file("p.jpg", 64 << 20)
        for name in ("dcam-convert", "dcam-meta", "dcam-sim"):
            with self.subTest(name):
                told = False
                for size in range(1, 9):
                    result = self.limited(resource.RLIMIT_DATA, size << 19, name, *COMMANDS[name], photo)
                    if result.stderr.startswith(f"{name}: "):
                        self.assertIn(result.returncode, range(8), result.stderr)
                        told = told or "out of memory; raise" in result.stderr
                self.assertTrue(told or sanitized(), name)


if __name__ == "__main__":
    unittest.main()
