#!/usr/bin/env python3
"""dcam-crc on traffic as support tickets have it: quoted, logged, escaped, converted.

Run: DUALCAM_TOOLS=build/gcc/tools python3 tests/cli/test_crc_pasted.py
"""
import base64
import codecs
import json
import pathlib
import re
import subprocess
import unittest
import urllib.parse

from harness import ToolTest, tool

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


SIGNED = [byte - 256 if byte > 127 else byte for byte in PLAIN]
PREFIXES = {
    "a number": "12 ",
    "a year": "2024 ",
    "seconds since 1970": "1729504017 ",
    "the camera's number": "350612071913857: ",
    "a clock in the American way": "10/29/2024 12:43:42 PM ",
    "a time and its zone": "2024-10-29T12:43:42.123+03:00 ",
    "log4j": "2024-10-29 12:43:42,123 [main] DEBUG c.t.Cam - ",
    "Python's logging": "INFO:root:",
    "two addresses": "10.0.0.5:4000 -> 10.0.0.9:7050 ",
    "an address in parentheses": "(10.0.0.5) ",
    "a bullet": "- ",
    "quotes and commas": '"12:43:42","rx",',
    "a length": "len=32 data=",
    "a system call": "read(5, ",
    "a date in words": "Tue, 29 Oct 2024 12:43:42 GMT ",
    "kubectl": "2024-10-29T12:43:42.123456789Z stdout F ",
    "a UUID": "3f2504e0-4f89-11d3-9a0c-0305e82c3301 ",
    "another direction": "C->S ",
}


def beside_text(columns, offset="", end=""):
    """Bytes in columns, and what they are in ASCII."""
    for at, row in rows():
        shown = "".join(chr(byte) if 32 <= byte < 127 else "." for byte in PLAIN[at:at + 16])
        yield f"{offset.format(at)}{row:<{columns}}{end.format(shown)}\n"


def forms_that_a_camera_proves():
    """Nothing in their looks tells how they are to be read."""
    forms = {f"{before} before {size} bytes": lines(lambda _: prefix, size, joint)
             for before, prefix in PREFIXES.items() for size, joint in ((16, " "), (32, ""))}
    for number in ("o1", "u1", "d1", "x1"):
        for base in "xodn":
            for width in (4, 7, 20, 32):
                forms[f"od -A{base} -t{number} -w{width}"] = printed(
                    "od", "-v", f"-A{base}", f"-t{number}", f"-w{width}")
    url_safe = base64.urlsafe_b64encode(PLAIN).decode()
    for name in ("Data", "rawBytes", "message", "rx"):
        for kind, made in (("hex", lambda row: row),
                           ("base64", lambda row: base64.b64encode(bytes.fromhex(row)).decode()),
                           ("a list", lambda row: list(bytes.fromhex(row)))):
            forms[f"JSON's {name} as {kind}"] = "".join(
                json.dumps({"at": i, "dir": "in", name: made(row)}) + "\n"
                for i, (_, row) in enumerate(rows(50, "")))
    return forms | {
        "od -t x1z without offsets": printed("od", "-v", "-An", "-t", "x1z"),
        "base64 for addresses": url_safe,
        "base64 for addresses, wrapped": "\n".join(
            url_safe[at:at + 76] for at in range(0, len(url_safe), 76)),
        "base64 behind a prefix": "".join(
            "12:43:42 rx " + base64.b64encode(bytes.fromhex(row)).decode() + "\n"
            for _, row in rows(60, "")),
        "base64 between rulers": ("-----BEGIN DATA-----\n" + base64.encodebytes(PLAIN).decode()
                                  + "-----END DATA-----\n"),
        "Go's log of lists": "".join(
            f"2024/10/29 12:00:00 rx [{' '.join(map(str, PLAIN[at:at + 99]))}]\n"
            for at in range(0, len(PLAIN), 99)),
        "Java's log of lists": "".join(f"12:00:00 [main] INFO rx {SIGNED[at:at + 99]}\n"
                                       for at in range(0, len(PLAIN), 99)),
        "a prefix before numbers": "".join(
            f"RX: {' '.join(map(str, SIGNED[at:at + 16]))}\n" for at in range(0, len(PLAIN), 16)),
        "Node's JSON in a log": "".join(
            json.dumps({"time": at, "msg": "rx", "buf": {
                "type": "Buffer", "data": list(PLAIN[at:at + 500])}}) + "\n"
            for at in range(0, len(PLAIN), 500)),
        "Rust's array": f"let d: [u8; {len(PLAIN)}] = [" + ", ".join(
            f"0x{byte:02x}" for byte in PLAIN) + "];",
        "Rust's vector": "vec![0u8, " + ", ".join(map(str, PLAIN[1:])) + "]",
        "Kotlin": "byteArrayOf(" + ", ".join(f"0x{byte:02x}.toByte()" for byte in PLAIN) + ")",
        "C with types": "{" + ", ".join(f"0x{byte:x}U" for byte in PLAIN) + "};",
        "Visual Basic": "{" + ", ".join(f"&H{byte:02X}" for byte in PLAIN) + "}",
        "Lua": '"' + "".join(f"\\{byte:03d}" for byte in PLAIN) + '"',
        "Python's fromhex": f"bytes.fromhex('{PLAIN.hex()}')\n",
        "percent-encoded": "".join(f"%{byte:02X}" for byte in PLAIN),
        "PHP": f'string({2 * len(PLAIN)}) "{PLAIN.hex()}"\n',
        "XML": f"<packet><data>{PLAIN.hex()}</data></packet>\n",
        "one number": "0x" + PLAIN.hex() + "\n",
        "lines that cut bytes": "\n".join(PLAIN.hex(" ")[at:at + 80]
                                          for at in range(0, 3 * len(PLAIN), 80)),
        "HxD": "Offset(h) " + " ".join(f"{i:02X}" for i in range(16)) + "\n\n" + "".join(
            beside_text(47, "{:08X}  ", "  {}")),
        "a short offset": "".join(beside_text(47, "{:x}  ", "  |{}|")),
        "bytes and text without offsets": "".join(beside_text(48, " ", " {}")),
        "hexyl": "".join(beside_text(48, "\u2502{:08x}\u2502 ", "\u2502{}\u2502")),
        "the kernel's log": each_line("[  123.456789] dcam: ", printed("hexdump", "-C")),
        "docker compose": each_line("camera_1  | ", printed("xxd")),
        "numbered lines": "".join(f"{i:6d}\t{line}\n" for i, line in enumerate(
            printed("xxd").splitlines())),
        "a table": "| n | bytes |\n|---|---|\n" + "".join(
            f"| {i} | `{row}` |\n" for i, (_, row) in enumerate(rows())),
        "psql": " id |  data\n----+------\n" + "".join(
            f"  {i} | \\x{row}\n" for i, (_, row) in enumerate(rows(32, ""))),
        "a patch": each_line("+", printed("xxd", "-p")),
        "colours": each_line("\x1b[32m", printed("xxd").replace("\n", "\x1b[0m\n")),
        "quoted behind a blank": each_line(" > ", printed("hexdump", "-C")),
        "quoted by name": each_line("Bob> ", printed("xxd")),
        "a mail": "Hello,\n\nthis came on 2024-10-29 at 12:43:\n\n" + printed(
            "od", "-v", "-An", "-tu1") + "\nRegards,\nBob\n",
    }


def named_forms():
    return {
        "od -d": (printed("od", "-v", "-d"), "line 1: 16-bit words"),
        "od -c": (printed("od", "-v", "-c"), "line 1: characters and escapes"),
        "xxd -b": (printed("xxd", "-b"), "line 1: bits: print it with 'xxd'"),
        "percent-encoded": (urllib.parse.quote(PLAIN), "line 1: percent-encoded"),
        "EF BF BD": (PLAIN.decode(errors="replace").encode(), "EF BF BD"),
        "od -An -tx1 of blanks": (" 00 00 00 05\n 00 00 00 00\n*\n 00 01\n", "line 3: '*'"),
        "od -An -tu1 of blanks": ("   0   0   0   5\n   0   0 255   0\n*\n   0\n", "line 3: '*'"),
        "hexdump's words": (printed("hexdump", "-v"), "line 1: 16-bit words"),
        "bytes as UTF-8": (PLAIN.decode("latin1").encode(), "iconv -f utf-8 -t latin1"),
    }


class Pasted(ToolTest):
    def said(self, text):
        path = self.folder / "pasted"
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        return self.run_tool("dcam-crc", "--dump", path)

    def test_what_is_read(self):
        """All by one process: starting one takes longer than reading what it is given."""
        forms = read_forms() | forms_that_a_camera_proves()
        paths = {self.folder / str(i): text for i, text in enumerate(forms.values())}
        for path, text in paths.items():
            path.write_bytes(text.encode() if isinstance(text, str) else text)
        done = subprocess.run([tool("dcam-crc"), "--dump", *paths], stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, timeout=600)
        read = re.findall(rf"^(.*): transfer 1: .*\n(?:  .*\n)*  {WHOLE}$", done.stdout, re.MULTILINE)
        for name, path in zip(forms, paths):
            with self.subTest(form=name):
                self.assertIn(str(path), read, [
                    line for line in done.stderr.splitlines() if f"{path}: " in line])
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_what_is_named(self):
        for name, (text, told) in named_forms().items():
            with self.subTest(form=name):
                done = self.said(text)
                self.assertIn(told, done.stderr)
                self.assertNotIn("complete: ", done.stdout.replace("incomplete: ", ""))
                self.assertEqual(done.returncode, 1)

    def test_a_bad_line_is_named_wherever_the_bytes_stand(self):
        prefixed = lines(lambda i: f"C->S {i} ", 16, " ").splitlines(keepends=True)
        prefixed[70] = prefixed[70][:-4] + "z\n"
        numbers = ["rx " + " ".join(map(str, PLAIN[at:at + 16])) + "\n"
                   for at in range(0, len(PLAIN), 16)]
        numbers[70] = numbers[70].replace(" 1", " 1000", 1)
        for text in (prefixed, numbers):
            done = self.said("".join(text))
            self.assertIn("line 71: ", done.stderr)
            self.assertIn("incomplete: ", done.stdout)
            self.assertEqual(done.returncode, 1)

    def test_what_stands_behind_the_bytes_is_named(self):
        array = "p(" + ", ".join(f"0x{byte:x}U" for byte in PLAIN) + ")\n"
        done = self.said(array + "q(0001020304050607)\n")
        self.assertIn("line 2: there is more hex after", done.stderr)
        self.assertIn(WHOLE, done.stdout)
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
