"""What consoles, debuggers, logs and mail make of bytes, as support gets it pasted."""

import base64
import json
import textwrap

from text_forms import run
from wrapped_forms import lines, messages

ID = "4bf92f3577b34da6a3ce929d0e0e4736"


def unpadded(data, between=" "):
    return between.join(f"{byte:x}" for byte in data)


def codes(brackets):
    """Characters, but for those that cannot be shown."""
    return lambda data: "".join(
        chr(byte) if 32 < byte < 127 and chr(byte) not in brackets else
        f"{brackets[0]}{byte:02X}{brackets[1]}" for byte in data)


def mail(form):
    """In the second part, as an attachment."""
    return lambda data: (
        "From: a@example.org\nContent-Type: multipart/mixed; boundary=\"x1\"\n\n--x1\n"
        "Content-Type: text/plain\n\nHere it is.\n--x1\nContent-Type: text/plain; name=a.txt\n"
        "Content-Transfer-Encoding: base64\n\n" + base64.encodebytes(form(data)).decode() + "--x1--\n")


def bash_string(data):
    names = dict(zip(b"\a\b\t\n\v\f\r\x1b'\\", "abtnvfrE'\\"))
    return "$'" + "".join("\\" + names[byte] if byte in names else chr(byte) if 32 <= byte < 127 else
                          f"\\{byte:03o}" for byte in data) + "'\n"


def pasted_forms():
    xxd = run("xxd")
    forms = {
        "a mail in base64": mail(xxd),
        "a list in a mail in base64": mail(lambda data: str(list(data)).encode()),
        "a clock behind numbers": lines(lambda each, i: " ".join(map(str, each)) + f" 12:43:{i:02}"),
        "hex without 0": lines(lambda each, i: f"12:43:{i:02} RX: {unpadded(each)}"),
        "Rust's {:x?}": lines(lambda each, i: f"[12:43:{i:02} DEBUG] rx [{unpadded(each, ', ')}]"),
        "Visual Studio": lambda data: "".join(
            f"\t\t[{i}]\t{byte}\tbyte\n" for i, byte in enumerate(data)),
        "RealTerm": codes("<>"), "Hercules": codes("{}"),
        "bash": bash_string,
        "a container": lambda data: f"container {ID}\n" + xxd(data).decode(),
        "a container before hex": lambda data: f"container {ID}1\n" + lines(
            lambda each, i: f"12:43:{i:02} RX {each.hex(' ')}")(data),
        "journalctl -o verbose": lines(lambda each, i: (
            f"Wed 2024-11-27 12:43:{i:02} UTC [s=1;b={ID};m=1]\n    _PID=47\n    _MACHINE_ID={ID}\n"
            f"    MESSAGE=rx {each.hex()}")),
        "attributes of XML": lines(lambda each, i: (
            f'<packet n="{i}" dir="rx" time="12:43:{i:02}">{each.hex()}</packet>')),
    }
    for order in ("le", "be"):
        forms[f"UTF-32, {order}"] = (
            lambda data, order=order: ("\ufeff" + xxd(data).decode()).encode(f"utf-32-{order}"))
    return forms


def logged_forms():
    """A line for each message, of whichever side."""
    return {
        "loguru": lambda each, i: f"2024-11-27 12:43:{i:02}.123 | DEBUG | cam:rx:42 - {each.hex(' ')}",
        "hexlify": lambda each, i: f"[12:43:{i:02}] RX {each.hex(':').encode()!r}",
        "Node's Buffer": lambda each, i: f"rx <Buffer {each.hex(' ')}>",
        "pino": lambda each, i: json.dumps({"level": 20, "time": i, "chunk": each.hex(), "msg": "RX"}),
        "Markdown's table": lambda each, i: f"| {i} | 12:43:{i:02} | RX | `{each.hex()}` |",
        "BitConverter": lambda each, i: f"[12:43:{i:02} DBG] Received {each.hex('-')}",
        "Go's % x": lambda each, i: f"2024/11/27 12:43:{i:02} RX {len(each)} bytes: {each.hex(' ')}",
        "Rust's {:02x?}": lambda each, i: (
            f"[2024-11-27T12:43:{i:02}Z DEBUG cam] RX [{', '.join(f'{byte:02x}' for byte in each)}]"),
        "MySQL's table": lambda each, i: f"| {i} | 2024-11-27 12:43:{i:02} | RX | 0x{each.hex()} |",
        "a list": lambda each, i: f"12:43:{i:02} RX {list(each)}",
        "Go's %v": lambda each, i: f"12:43:{i:02} RX [{' '.join(map(str, each))}]",
    }


def database_forms():
    """Bytes among other columns as databases print them."""
    def row(each, i):
        return f"({i + 1},'2024-11-27 12:43:{i:02}','RX',0x{each.hex().upper()})"

    def base64_row(each, i):
        rows = textwrap.wrap(base64.b64encode(each).decode(), 76)
        return f" {i} | RX | " + "+\n   |    | ".join(rows)
    return {
        "mysqldump": lambda data: "INSERT INTO `packets` VALUES " + ",".join(
            row(each, i) for i, each in enumerate(messages(data))) + ";\n",
        "psql's broken lines": lines(base64_row),
        "base64 in XML": lines(lambda each, i: (
            f'<log><rx n="{i}">{base64.b64encode(each).decode()}</rx></log>')),
    }
