#!/usr/bin/env python3
"""dcam-crc stays within its memory, whatever a dump is made of.

Run: DUALCAM_TOOLS=build/gcc/tools python3 tests/cli/test_crc_bounds.py
"""
import struct
import subprocess
import sys
import unittest

from figures import figure
from harness import sanitized
from test_crc import Case, Device, IMEI, TOOLS

SANITIZER_MEMORY = 1024  # MiB: freed memory is kept for a while


class Bounds(Case):
    """Memory is bounded by counts, too: man page, MEMORY. Each input is far beyond the count, and
    where the sanitizers keep what was freed, which says nothing of memory, still beyond it."""

    HEAD = (struct.pack(">HHQI", 0, 5, IMEI, 0x44000400) +
            struct.pack(">HHIH", 1, 6, 0xFFFFFF, 0) + struct.pack(">HHI", 3, 4, 1))
    ZERO = bytes.fromhex("0004000300" + "0000")  # a byte of 0 has the CRC 0 for ever
    MEASURE = ("import resource, subprocess, sys; code = subprocess.run(sys.argv[1:], "
               "stdout=subprocess.DEVNULL).returncode; print(code, "
               "resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024)")

    def peak(self, *arguments, below, code):
        """MiB, measured by an interpreter of its own: a child begins with its parent's peak."""
        result = subprocess.run([sys.executable, "-c", self.MEASURE, TOOLS / "dcam-crc",
                                 *arguments], capture_output=True, cwd=self.folder, timeout=300)
        said = list(map(int, result.stdout.split()))
        self.assertEqual(said[0], code, result.stderr.decode(errors="replace"))
        figure("memory of dcam-crc", self.id().split(".")[-1], " ".join(arguments),
               f"{said[1]} MiB at the peak", f"< {below} MiB")
        self.assertLess(said[1], below + (SANITIZER_MEMORY if sanitized() else 0))
        return result.stderr.decode()

    @staticmethod
    def segment(host, port, sequence, flags, data=b"", to_port=7050, by_server=False):
        ports, addresses = (port, to_port), (0x0B000000 + host, 0x0A000001)
        if by_server:
            ports, addresses = ports[::-1], addresses[::-1]
        tcp = struct.pack(">HHIIBBHHH", *ports, sequence, 0, 0x50, flags, 1000, 0, 0) + data
        packet = struct.pack(">BBHHHBBHII", 0x45, 0, 20 + len(tcp), 0, 0, 64, 6, 0,
                             *addresses) + tcp
        return struct.pack("<IIII", 0, 0, len(packet), len(packet)) + packet

    def pcap(self, segments):
        head = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 101)
        return self.write("d.pcap", head + b"".join(segments))

    def test_tiny_packets(self):
        count = 1_600_000 if sanitized() else 2_000_000
        self.write("d", self.HEAD + self.ZERO * count)
        transfer = self.transfer("-x", "out", "--map", "d", code=1)
        self.assertEqual((transfer["good"] + transfer["not_kept"], transfer["complete"]),
                         (count, False))
        self.assertGreater(transfer["not_kept"], 0)
        if not sanitized():
            for more in ((), ("--json", "-x", "again", "--map")):
                self.peak("--dump", *more, "d", below=160, code=1)

    def test_skipped_stretches(self):
        self.write("d", self.HEAD + (self.ZERO + b"\x99") * 1_000_000)
        self.peak("--dump", "--json", "d", below=160, code=1)

    def test_a_star_in_a_few_lines(self):
        last = "00fffff0" if sanitized() else "0ffffff0"
        self.write("d", f"00000000: 0004 0003 0000 0000 0400 0300 0000 0004\n*\n{last}: 0003\n".encode())
        self.peak("--dump", "d", below=160, code=1)

    def test_connections_opened_and_left(self):
        self.pcap(self.segment(host, port, 0, 2) for host in range(5) for port in range(1, 65536))
        self.peak("--dump", "d.pcap", below=32, code=1)

    def test_cameras_that_say_who_they_are_and_no_more(self):
        self.pcap(self.segment(host, port, 1 if data else 0, 16 if data else 2, data)
                  for host in range(2) for port in range(1, 65536)
                  for data in (b"", self.HEAD[:16]))
        self.assertIn("connections were given up early",
                      self.peak("--dump", "d.pcap", below=64, code=0))

    def test_segments_that_wait(self):
        self.pcap(self.segment(0, port, 1000 + 2000 * number, 2 if number == 0 else 16,
                               b"" if number == 0 else bytes(1000))
                  for port in range(1000, 7000) for number in range(12))
        self.peak("--dump", "d.pcap", below=80, code=1)

    def test_bytes_that_may_be_a_cameras(self):
        self.pcap(self.segment(0, port, 1 + 1400 * number, 16, b"\x99" * 1400, to_port=80)
                  for number in range(100) for port in range(1000, 2000))
        self.peak("--dump", "d.pcap", below=128, code=1)

    def test_paths_as_long_as_can_be(self):
        said = (struct.pack(">HHQI", 0, 5, IMEI, 0x42000400) +
                struct.pack(">HH", 13, 60_000) + b"dsm/picture/" + b"p" * 59_988 +
                struct.pack(">HHIH", 1, 6, 0xFFFFFF, 0) + struct.pack(">HHI", 3, 4, 0) + self.ZERO)
        self.pcap(self.segment(0, port, 1 + at, 16, said[at:at + 40_000])
                  for port in range(1000, 7000) for at in (0, 40_000))
        self.peak("--dump", "-q", "d.pcap", below=192, code=1)

    def test_a_servers_commands_of_which_the_end_is_missing(self):
        said = struct.pack(">HH", 8, 60_000) + b"p" * 40_000
        self.pcap(frame for port in range(1000, 7000) for frame in (
            self.segment(0, port, 0, 2), self.segment(0, port, 1, 16, self.HEAD[:16]),
            self.segment(0, port, 1, 16, said, by_server=True)))
        self.assertIn("connections were given up early", self.peak("--dump", "d.pcap", below=128,
                                                                   code=0))

    def test_all_bounds_at_once(self):
        known = struct.pack(">HH", 4, 11) + b"123456789" + b"\x21\x89"
        said = self.HEAD + known + b"\x99" * 100 + known + b"".join(
            struct.pack(">HHI", 3, 4, 1 + 7 * number) + self.ZERO for number in range(1_200_000))

        def segments():
            for number in range(190):
                for port in range(3000, 3300):
                    yield self.segment(1, port, 1 + 1400 * number, 16, b"\x99" * 1400, to_port=80)
            for port in range(1000, 17_000):
                yield self.segment(2, port, 0, 2)
            for port in range(1000, 3000):
                for number in range(12):
                    yield self.segment(3, port, 2000 * number, 16 if number else 2,
                                       bytes(1000) if number else b"")
            for at in range(0, len(said), 60_000):
                yield self.segment(0, 1000, 1 + at, 16, said[at:at + 60_000])

        self.pcap(segments())
        self.peak("--dump", "d.pcap", below=208, code=1)

    def test_many_unfinished_transfers_at_once(self):
        packets = self.ZERO * 200
        rounds = [self.HEAD] + [packets] * (6 if sanitized() else 20)
        self.pcap(self.segment(0, port, 1 + sum(map(len, rounds[:number])), 16, data)
                  for number, data in enumerate(rounds) for port in range(1000, 3000))
        self.peak("--dump", "d.pcap", below=224, code=1)

    def test_a_claim_of_terabytes_makes_no_file(self):
        device = Device()
        device.packets = 0xFFFFFFFF
        self.write("d", device.init().start().command(3, struct.pack(">I", 0xFFFFFFFE)).data(1)
                   .stream)
        result = self.ask("-x", "out", "d", code=1)
        self.assertIn(b"d: transfer 1: not written: the file would have 4096.0 GiB, more than "
                      b"1.0 GiB (--max-file-size)", result.stderr)
        self.assertEqual(list((self.folder / "out").iterdir()), [])

    def test_max_file_size(self):
        device = Device().session()
        self.write("d", device.stream)
        for size, code in (("9315", 1), ("9316", 0), ("9K", 1), ("10K", 0)):
            self.ask("-x", "out-" + size, "--max-file-size", size, "d", code=code)
            self.assertEqual(len(list((self.folder / ("out-" + size)).iterdir())), 1 - code)
        self.assertIn(b"--max-file-size", self.ask("--max-file-size", "x", "d", code=2).stderr)

    def test_a_file_by_path_is_as_large_as_it_claims(self):
        device = Device(2).init(0x02).command(13, b"dsm/1.jpg\0")
        device.command(1, struct.pack(">IH", 0xFFFFFFFF, 0)).command(3, bytes(4)).data(2)
        self.write("d", device.stream)
        self.assertIn(b"would have 4.0 GiB", self.ask("-x", "out", "d", code=1).stderr)


if __name__ == "__main__":
    unittest.main()
