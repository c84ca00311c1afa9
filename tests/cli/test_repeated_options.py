"""An option given twice: the last one counts, unless it adds to a list."""

import unittest

from harness import IMEI, ToolTest
from wire import crc16

OTHER = "350612071913858"


class RepeatedOptions(ToolTest):
    def test_crc_takes_the_last_initial_value(self):
        file = self.file("f", 100)
        last = self.run_tool("dcam-crc", "--init", "FFFF", "--init", "1D0F", file).stdout
        self.assertEqual(last, f"{crc16(file.read_bytes(), 0x1D0F):04x}  {file}\n")

    def test_meta_takes_the_last_format(self):
        payload = "0100000000000000000000000000000000"
        last = self.run_tool("dcam-meta", "-f", "json", "--format", "csv", "-x", payload).stdout
        self.assertEqual(last, self.run_tool("dcam-meta", "-f", "csv", "-x", payload).stdout)
        self.assertNotEqual(last, self.run_tool("dcam-meta", "-f", "json", "-x", payload).stdout)

    def test_serve_takes_the_last_folder_and_port(self):
        (self.folder / "second").mkdir()
        server = self.serve("-o", self.folder / "second", "-p", "1", "-p", "0")
        self.assertNotEqual(server.port, 1)
        self.assertEqual(self.sim(server, self.file("a.jpg", 3000)).returncode, 0)
        self.assertEqual(server.wait(), 0)
        self.assertEqual(self.stored(), [])
        self.assertEqual(len(list((self.folder / "second").rglob("*_photof*.jpg"))), 1)

    def test_serve_adds_up_imeis(self):
        server = self.serve("-k", "--imei", IMEI, "--imei", OTHER, "-c", "2")
        for imei in (IMEI, OTHER):
            result = self.sim(server, "--imei", imei, self.file(imei, 3000))
            self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual(server.wait(), 0)
        self.assertEqual(len(self.stored()), 2)

    def test_sim_takes_the_last_imei_and_adds_up_cuts(self):
        server = self.serve("-k", "-c", "1", "--json")
        result = self.sim(server, "--json", "--imei", OTHER, "--imei", IMEI, "--cut", "3", "--cut", "6",
                          "--reconnect", "5", "--reconnect-delay", "0", self.file("v", 10_000))
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual(server.wait(), 0)
        self.assertEqual({event["imei"] for event in self.events(result.stdout)}, {IMEI})
        self.assertEqual([event["packet"] for event in self.events(result.stdout)
                          if event["event"] == "cut"], [3, 6])

    def test_convert_takes_the_last_output(self):
        clip = self.folder / "photo.jpg"
        clip.write_bytes(b"")
        for first, last, told in (("never", "number", False), ("number", "never", True)):
            result = self.run_tool("dcam-convert", "--if-exists", first, "--if-exists", last, clip)
            self.assertEqual("'never' is not accepted" in result.stderr, told, result.stderr)


if __name__ == "__main__":
    unittest.main()
