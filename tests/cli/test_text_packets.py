#!/usr/bin/env python3
"""A captured transfer as tshark and tcpdump print it is the transfer of the capture, or what they
left out is named.

Run: DUALCAM_TOOLS=build/gcc/tools python3 tests/cli/test_text_packets.py
"""
import json
import random
import subprocess
import unittest

from harness import ToolTest

OF_TRANSFER = ("kind", "imei", "packets", "good", "bad", "missing", "repeated", "bytes", "complete",
               "crc16", "metadata")
TSHARK = ("-x", "-P -x", "-V -x", "--hexdump noascii", "-x --hexdump delimit",
          "-T fields -e tcp.payload -Y tcp.len>0",
          "-T fields -e frame.number -e frame.time_relative -e ip.src -e tcp.srcport "
          "-e tcp.payload -Y tcp.len>0",
          "-T fields -e frame.time_epoch -e tcp.payload -E separator=, -E quote=d -Y tcp.len>0",
          "-T json -e tcp.payload -e tcp.srcport", "-T json", "-T jsonraw", "-T json -x", "-T ek",
          "-T ek -x", "-q -z follow,tcp,hex,0", "-q -z follow,tcp,raw,0", "-q -z follow,tcp,yaml,0")
TCPDUMP = ("-x", "-X", "-xx", "-XX", "-nX", "-ttttX", "-vvX", "-nX --number", "-eX")
LEFT_OUT = {
    "tshark -q -z follow,tcp,ascii,0": "follow,tcp,raw", "tshark -T pdml": "-e tcp.payload",
    "tcpdump -A": "tcpdump -x", "tcpdump -n": "tcpdump -x"}


class TextPackets(ToolTest):
    def setUp(self):
        super().setUp()
        content = bytearray(b"\xff\xd8\xff\xe0" + random.Random(7).randbytes(5000))
        for at in range(40, 5000, 23):  # blanks at a column's ends are told from those around it
            content[at:at + 2] = b"  "
        picture = self.folder / "a.jpg"
        picture.write_bytes(content)
        self.capture = self.folder / "line.pcap"
        server = self.serve("-k", "--capture", self.capture)
        result = self.sim(server, f"photof={picture}")
        self.assertEqual(result.returncode, 0, result.stderr)
        server.signal(15)
        server.wait()

    def printed(self, command):
        tool, *options = command.split()
        done = subprocess.run([tool, "-r", self.capture, *options], stdin=subprocess.DEVNULL,
                              capture_output=True, timeout=60, check=True)
        self.assertTrue(done.stdout, command)
        return done.stdout

    def transfers(self, path):
        done = self.run_tool("dcam-crc", "--dump", "--json", path)
        events = map(json.loads, done.stdout.splitlines())
        return done, [{key: event.get(key) for key in OF_TRANSFER} for event in events
                      if event["event"] in ("transfer", "skipped")]

    def test_what_is_read(self):
        whole, transfers = self.transfers(self.capture)
        self.assertEqual([transfer["complete"] for transfer in transfers], [True], whole.stderr)
        for command in [f"tshark {options}" for options in TSHARK] + [
                f"tcpdump {options}" for options in TCPDUMP]:
            with self.subTest(command=command):
                path = self.folder / "printed"
                path.write_bytes(self.printed(command))
                done, found = self.transfers(path)
                self.assertEqual(found, transfers, done.stderr)
                self.assertEqual(done.returncode, 0, done.stderr)

    def test_what_is_left_out_is_named(self):
        for command, told in LEFT_OUT.items():
            with self.subTest(command=command):
                path = self.folder / "printed"
                path.write_bytes(self.printed(command))
                done, found = self.transfers(path)
                self.assertEqual((done.returncode, found), (1, []), done.stderr)
                self.assertRegex(done.stderr, rf"line \d+: .*{told}")


if __name__ == "__main__":
    unittest.main()
