"""Bytes printed within JSON or a table, and as strings that only one language has."""

import base64
import csv
import io
import json

from text_forms import escaped, run


def messages(data):
    """The commands of one side, each as a server logs it."""
    while data:
        end = 16 if data[:2] == b"\0\0" else 4 + int.from_bytes(data[2:4], "big")
        yield data[:end]
        data = data[end:]


def lines(make):
    return lambda data: "".join(make(message, i) + "\n" for i, message in enumerate(messages(data)))


def table(*cells):
    text = io.StringIO()
    csv.writer(text, lineterminator="").writerow(cells)
    return text.getvalue()


def haskell(data):
    controls = ("NUL SOH STX ETX EOT ENQ ACK a b t n v f r SO SI DLE DC1 DC2 DC3 DC4 NAK SYN ETB CAN "
                "EM SUB ESC FS GS RS US").split()
    text = ""
    for byte in data:
        shown = (f"\\{controls[byte]}" if byte < 32 else chr(byte) if byte < 127 else
                 "\\DEL" if byte == 127 else f"\\{byte}")
        shown = "\\" + shown if shown in '"\\' else shown
        parted = (shown[0].isdigit() and text[-1:].isdigit()) or (shown == "H" and text.endswith("SO"))
        text += ("\\&" if parted else "") + shown
    return f'"{text}"'


def wrapped_forms():
    """Prints within JSON or cells of a table, whose quotes and ends of lines stand for those."""
    xxd = run("xxd")
    return {
        "xxd in JSON": lambda data: json.dumps({"time": 1, "dump": xxd(data).decode()}),
        "xxd in a list": lambda data: json.dumps(xxd(data).decode().splitlines(), indent=1),
        "hex in CloudWatch": lines(lambda each, i: json.dumps(
            {"timestamp": i, "message": f"rx {each.hex(' ')}", "eventId": "3" * 50})),
        "Python's repr in JSON": lines(lambda each, i: json.dumps(
            {"level": "debug", "message": f"rx {each!r}"})),
        "lines that are strings": lines(lambda each, i: json.dumps(f"12:43:{i:02} RX {each!r}")),
        "escapes in JSON": lines(lambda each, i: json.dumps(
            {"msg": 'rx "' + "".join(f"\\x{byte:02x}" for byte in each) + '"'})),
        "Python's repr in cells": lines(lambda each, i: table(i, "12:43:42", "rx", repr(each))),
        "a list in cells": lines(lambda each, i: table(i, "12:43:42", "rx", json.dumps(list(each)))),
        "Go's %q in cells": lines(lambda each, i: table(
            i, '"' + escaped(each, lambda byte: f"\\x{byte:02x}") + '"')),
        "Rust's escape_ascii": lines(lambda each, i: f"12:43:{i:02} rx: " + escaped(
            each, lambda byte: "\\" + chr(byte) if byte in b"\"'\\" else f"\\x{byte:02x}")),
        "Haskell's show": haskell,
        "Python's repr of text": lines(lambda each, i: f"rx {each.decode('latin1')!r}"),
        "base64 without padding": lines(lambda each, i: (
            f"12:43:{i:02} rx {base64.urlsafe_b64encode(each).decode().rstrip('=')}")),
        "base64 in logfmt": lines(lambda each, i: f"n={i} data={base64.b64encode(each).decode()}"),
        "a tuple and 00h": lines(lambda each, i: "('10.0.0.5', 40312, %s)" % " ".join(
            f"{byte:02X}h" for byte in each)),
        "gdb's print": lambda data: "$1 = {" + ", ".join(
            f"{byte} '" + escaped(bytes([byte]), lambda each: f"\\{each:03o}") + "'"
            for byte in data) + "}\n",
        "Python's repr of text in quotes": lines(lambda each, i: (
            f"[12:43:{i:02} DBG] Received \"{each.decode('latin1')!r}\" from 10.0.0.5:40312")),
        "Haskell's show in quotes": lines(lambda each, i: (
            f'[12:43:{i:02} DBG] Received "{haskell(each)}" from 10.0.0.5:40312')),
        "words of 8 bytes before JSON": lines(lambda each, i: (
            f"2024-11-27T12:43:{i:02}Z rx {each.hex(' ', -8)} " + json.dumps({"port": 40312}))),
        "an attribute of XML": lines(lambda each, i: (
            f'<data n="{i}" value="&quot;{each.hex()}&quot;"/>')),
        "joined by _": lines(lambda each, i: each.hex("_")),
    }
