"""The build system lists the tests where nothing is built, and no program is there but Python."""

import pathlib
import subprocess
import sys
import unittest


class Listing(unittest.TestCase):
    def test_it_asks_for_no_build_and_no_program(self):
        listed = subprocess.run(
            [sys.executable, "-B", pathlib.Path(__file__).with_name("list_tests.py")],
            env={"PATH": "/nonexistent"}, capture_output=True, text=True)
        self.assertEqual(listed.returncode, 0, listed.stderr)
        self.assertIn(self.id().rpartition(".")[0], listed.stdout.split())


if __name__ == "__main__":
    unittest.main()
