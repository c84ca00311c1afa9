"""What else connects to a camera port: each peer is refused in one line and leaves nothing."""

import random
import socket

from figures import figure, full
from harness import SIGTERM, Camera, ToolTest

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
        server = self.serve("-k", "-v")
        for number, opener in enumerate(openers, 1):
            with Camera(server) as peer:
                self.assertIn(self.say(peer, opener), (b"", bytes(4)), opener)
            server.expect_count(" refused: ", number)
        server.signal(SIGTERM)
        self.assertEqual(server.wait(), 0)
        told = server.lines[1:-1]  # between "listening" and the summary
        for line in told:
            self.assertRegex(line, r" refused: [ -~]+$")
        self.assertEqual(len(told), len(openers), told)
        self.assertEqual((server.output, list(self.out.rglob("*"))), ("", []))
        figure("hostile openers", f"dcam-serve: tests/cli/test_openers.py, seed {SEED}",
               len(openers), f"{len(told)} refused, one line each; 0 files and folders",
               "one line each, no file or folder made")

    def say(self, peer, opener):
        """What the server answers before it hangs up."""
        peer.send(opener)
        try:
            peer.socket.shutdown(socket.SHUT_WR)
        except OSError:
            pass  # it has hung up already
        return peer.ended()
