#!/usr/bin/env python3
"""dcam-crc on traffic as support tickets have it: quoted, logged, escaped, converted.

Run: DUALCAM_TOOLS=build/gcc/tools python3 tests/cli/test_crc_pasted.py
"""
import base64
import codecs
import json
import pathlib
import subprocess
import unittest

from harness import ToolTest

CASES = pathlib.Path(__file__).parent / "cases"
PLAIN = (CASES / "plain.bin").read_bytes()
WHOLE = "complete: 3022 bytes, CRC 4d59"


def rows(size=16, joint=" "):
    for at in range(0, len(PLAIN), size):
        yield at, joint.join(f"{byte:02x}" for byte in PLAIN[at:at + size])


def printed(*command):
    return subprocess.run(command, input=PLAIN, capture_output=True, check=True).stdout.decode()


def lines(before, size=32, joint=""):
    """Each row behind what `before` makes of its number."""
    return "".join(f"{before(i)}{row}\n" for i, (_, row) in enumerate(rows(size, joint)))


def each_line(before, text):
    return "".join(before + line + "\n" for line in text.splitlines())


def read_forms():
    return {
        "quoted mail": each_line("> ", printed("xxd")),
        "mail quoted twice": "On Monday Bob wrote:\n" + each_line(">> ", printed("xxd")),
        "quoted hex": lines(lambda i: "> > ", 16, " "),
        "no-break spaces": printed("xxd").replace("  ", "\u00a0 "),
        "UTF-16 with a mark": codecs.BOM_UTF16_LE + printed("xxd").encode("utf-16-le"),
        "between code fences": "Hello,\n```\n" + printed("hexdump", "-C") + "```\nregards\n",
        "the journal": lines(lambda i: f"Oct 29 12:43:{i % 60:02} srv camd[123]: RX "),
        "a level, an address and an arrow": lines(
            lambda i: f"2024-10-29T12:43:{i % 60:02}.123Z INFO [10.0.0.5:4000] <- "),
        "a time and an arrow": lines(lambda i: f"12:43:{i % 60:02}.{i:03} --> ", 16, " "),
        "a time and an arrow of one sign": lines(lambda i: f"12:43:{i % 60:02} \u2192 "),
        "cells with commas": "time,dir,data\n" + lines(lambda i: f"12:00:{i % 60:02},rx,"),
        "JSON lines with base64": "".join(
            json.dumps({"time": i, "dir": "rx", "payload": base64.b64encode(
                bytes.fromhex(row)).decode()}) + "\n" for i, (_, row) in enumerate(rows(50, ""))),
        "tshark -T json": json.dumps([{"_source": {"layers": {"tcp": {
            "tcp.srcport": "40000", "tcp.payload": ":".join(f"{byte:02x}" for byte in PLAIN)}}}}]),
        "gdb's x/8xb": "".join(f"0x{0x7fffffffe000 + at:x}:\t" + row + "\n"
                               for at, row in rows(8, "\t0x")).replace(":\t", ":\t0x"),
        "bars around": "".join(f"{at:04x} | {row:<47} | {'.' * (len(row) // 3 + 1)} |\n"
                               for at, row in rows()),
        "PostgreSQL's bytea": "\\x" + PLAIN.hex() + "\n",
        "SQL": "x'" + PLAIN.hex().upper() + "'\n",
    }


def named_forms():
    return {
        "od -d": (printed("od", "-v", "-d"), "line 1: 16-bit words"),
        "od -c": (printed("od", "-v", "-c"), "line 1: characters and escapes"),
        "xxd -b": (printed("xxd", "-b"), "line 1: bits: print it with 'xxd'"),
        "percent-encoded": ("".join(f"%{byte:02X}" for byte in PLAIN), "line 1: percent-encoded"),
        "EF BF BD": (PLAIN.decode(errors="replace").encode(), "EF BF BD"),
        "bytes as UTF-8": (PLAIN.decode("latin1").encode(), "iconv -f utf-8 -t latin1"),
    }


class Pasted(ToolTest):
    def said(self, text):
        path = self.folder / "pasted"
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        return self.run_tool("dcam-crc", "--dump", path)

    def test_what_is_read(self):
        for name, text in read_forms().items():
            with self.subTest(form=name):
                done = self.said(text)
                self.assertIn(WHOLE, done.stdout, done.stderr)
                self.assertEqual(done.returncode, 0, done.stderr)

    def test_what_is_named(self):
        for name, (text, told) in named_forms().items():
            with self.subTest(form=name):
                done = self.said(text)
                self.assertIn(told, done.stderr)
                self.assertNotIn("complete: ", done.stdout.replace("incomplete: ", ""))
                self.assertEqual(done.returncode, 1)

    def test_who_did_not_answer(self):
        init = "00000005 00013ee13c001981 44000400"
        asked = "0008 0007 2570686f746f66"
        for text, told, code in (
                (asked, "only commands of a server are in it, the last one FILE REQUEST photof", 1),
                (init + asked, "the server's FILE REQUEST photof was not answered", 0),
                (init + asked + "0001000600000003 0000 00020004 00000001",
                 "nothing followed START: the server's RESUME 1 was not answered", 1),
                (init + asked + "0001000600000003 0000",
                 "nothing followed START: no RESUME of the server is in it", 1)):
            with self.subTest(told=told):
                done = self.said(text.replace(" ", "") + "\n")
                self.assertEqual(done.returncode, code)
                self.assertIn(told, done.stderr + done.stdout)


if __name__ == "__main__":
    unittest.main()
