"""What else connects to a camera port: each peer is refused in one line and leaves nothing."""

import random
import socket

from figures import figure, full
from harness import IMEI, SIGTERM, Camera, ToolTest

SEED = 1
OPENERS = [
    b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
    b"POST /upload HTTP/1.1\r\nContent-Length: 4294967295\r\n\r\n",
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    bytes.fromhex("16030102000100 01fc0303") + bytes(505),
    bytes.fromhex("0300002b26e00000000000") + b"Cookie: mstshash=hello\r\n" + bytes(8),
    b"\x00\x0f350612071913857",
    b"\x00\x0f3506120719\n\x1b[2J",
    bytes.fromhex("00000000000000368e01") + bytes(54),
    b"SSH-2.0-OpenSSH_9.2\r\n",
    b"\x1b]0;owned\x07\x1b[2J\r\n",
    b"../../etc/passwd\0\n",
    bytes.fromhex("0003000400000001"),
    bytes.fromhex("0000010000013ee13c00198144000400"),
    bytes.fromhex("0000000500038d7ea4c6800044000400"),
    b"G",
    b"",
]


class HostileOpeners(ToolTest):
    def test_each_is_refused_in_one_line_and_makes_no_file(self):
        noise = random.Random(SEED)
        openers = OPENERS + [noise.randbytes(noise.randint(1, 3000))
                             for _ in range(full(30, 1000))]
        told = []
        for start in range(0, len(openers), 50):  # that many of a kind are told of in a minute
            told += self.refused(openers[start:start + 50])
        for line in told:
            self.assertRegex(line, r" refused: [ -~]+$")
        self.assertEqual(len(told), len(openers), told)
        figure("hostile openers", f"dcam-serve: tests/cli/test_openers.py, seed {SEED}",
               len(openers), f"{len(told)} refused, one line each; 0 files and folders",
               "one line each, no file or folder made")

    def refused(self, openers):
        """What a server says of them."""
        server = self.serve("-k", "-v")
        for number, opener in enumerate(openers, 1):
            with Camera(server) as peer:
                self.assertIn(self.say(peer, opener), (b"", bytes(4)), opener)
            server.expect_count(" refused: ", number)
        server.signal(SIGTERM)
        self.assertEqual(server.wait(), 0)
        self.assertEqual((server.output, list(self.out.rglob("*"))), ("", []))
        return server.lines[1:-1]  # between "listening" and the summary

    def test_of_a_flood_some_of_a_kind_are_told_and_the_rest_counted(self):
        server = self.serve("-k", "-v", "--json", "-i", "350612071913858", "--log-time", "never")
        for number in range(150):
            with Camera(server) as peer:  # HTTP, an IMEI that is not wanted, and noise
                self.say(peer, b"GET / HTTP/1.1\r\n\r\n")
            with Camera(server) as peer:
                peer.init(0x04, imei=int(IMEI) + 10 + number)
                peer.ended()
            with Camera(server) as peer:
                self.say(peer, bytes([0xAB, number]) * 20)
        server.signal(SIGTERM)
        self.assertEqual(server.wait(), 0)
        kinds = ("not a camera: HTTP", "not among the IMEIs of --imei",
                 "not a camera: it opened with ")
        rejected = [event for event in self.events(server.output) if event["event"] == "rejected"]
        for kind in kinds:
            lines = [line for line in server.lines if "refused: " + kind in line]
            self.assertEqual(len(lines), 61, lines)
            self.assertRegex(lines[-1], "^dcam-serve: 90 more refused: ")
            events = [event for event in rejected if event["reason"].startswith(kind)]
            self.assertEqual(sum(event.get("count", 1) for event in events), 150)
            self.assertEqual(len(events), 61)
        self.assertEqual(len(rejected), 3 * 61)

    def say(self, peer, opener):
        """What the server answers before it hangs up."""
        peer.send(opener)
        try:
            peer.socket.shutdown(socket.SHUT_WR)
        except OSError:
            pass  # it has hung up already
        return peer.ended()
