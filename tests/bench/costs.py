"""What one connection and one file cost dcam-serve, however many there are.
Usage: costs.py TOOLS_FOLDER idle|tree|connections [FIGURES.tsv]
  idle         memory of connections that have nothing to do, also over TLS, and of transfers that stand still
  tree         a file's cost with 1 to 100,000 files in its camera's folder
  connections  a file's cost beside 1 to 10,000 connections that have nothing to do"""

import os
import pathlib
import re
import resource
import shutil
import signal
import socket
import ssl
import struct
import subprocess
import sys
import tempfile
import time

PHOTOS = 300
FRONT_PHOTO = 4
REQUEST = 11  # bytes of the server's FILE REQUEST
HZ = os.sysconf("SC_CLK_TCK")


class Server:
    """dcam-serve on a folder of its own."""

    def __init__(self, tools, out, *options):
        self.process = subprocess.Popen(
            [tools / "dcam-serve", "-q", "-k", "--json", "-b", "127.0.0.1", "-p", "0",
             "--idle-timeout", "10min", "-o", out, *options],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        line = self.process.stdout.readline().decode()
        self.port = int(re.search(r'"port":(\d+)', line).group(1))
        os.set_blocking(self.process.stdout.fileno(), False)

    def status(self, key):
        text = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(rf"^{key}:\s+(\d+)", text, re.M).group(1))

    def seconds(self):
        """Of all cores, so far."""
        fields = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / HZ

    def connect(self):
        return socket.create_connection(("127.0.0.1", self.port))

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.communicate()


def init(imei, kinds):
    return struct.pack(">HHQI", 0, 5, imei, (0x40 | kinds) << 24 | 0x400)


def say(peer, data, answer):
    peer.sendall(data)
    got = b""
    while len(got) < answer:
        piece = peer.recv(answer - len(got))
        if not piece:
            raise ConnectionError("the server hung up")
        got += piece
    return got


def settle(server):
    """Until its memory does not change any more."""
    before = -1
    while (now := server.status("VmRSS")) != before:
        before = now
        time.sleep(1.5)
    return now


def tls_files(folder):
    """The options of a server that has TLS."""
    certificate, key = folder / "certificate", folder / "key"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
                    "-nodes", "-subj", "/CN=localhost", "-out", certificate, "-keyout", key], check=True,
                   capture_output=True)
    return "--tls-cert", certificate, "--tls-key", key


def idle(tools, out, row):
    count = 5000
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    tls = tls_files(out.parent)
    for name, options, begin in (
            ("connected", (), lambda peer, imei: None),
            ("known (INIT; FILE REQUEST came)", (),
             lambda peer, imei: say(peer, init(imei, FRONT_PHOTO), REQUEST)),
            ("transferring (one packet came)", (), begin_transfer),
            ("connected, TLS", tls, lambda peer, imei: None)):
        shutil.rmtree(out, ignore_errors=True)
        out.mkdir()
        server = Server(tools, out, "--max-connections", str(count), "--no-metadata", *options)
        before = settle(server)
        peers = []
        for number in range(count):
            peer = server.connect()
            peers.append(context.wrap_socket(peer) if options else peer)
            begin(peers[-1], 10**14 + number)
        after = settle(server)
        descriptors = len(os.listdir(f"/proc/{server.process.pid}/fd"))
        row(name, count, f"{(after - before) / count:.1f}", f"{descriptors / count:.2f}")
        for peer in peers:
            peer.close()
        row(f"  {name}: after they have gone", count, f"{(settle(server) - before) / count:.1f}", "")
        server.stop()


def crc16(data):
    crc = 0
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ 0x8408 if crc & 1 else crc >> 1
    return crc


PACKET = bytes(range(256)) * 4
CRC = crc16(PACKET)


def begin_transfer(peer, imei):
    say(peer, init(imei, FRONT_PHOTO), REQUEST)
    say(peer, struct.pack(">HHIH", 1, 6, 100, 0), 8)
    peer.sendall(struct.pack(">HHI", 3, 4, 1) +
                 struct.pack(">HH", 4, len(PACKET) + 2) + PACKET + struct.pack(">H", CRC))


def upload(tools, server, photo, imei):
    """PHOTOS times the same photo by one camera after the other; core seconds and seconds each."""
    cpu, begun = server.seconds(), time.monotonic()
    subprocess.run([tools / "dcam-sim", "-q", "--devices", str(PHOTOS), "--imei", str(imei),
                    "--ramp", f"{PHOTOS * 5}ms", f"127.0.0.1:{server.port}", f"photof={photo}"],
                   check=True)
    return (server.seconds() - cpu) / PHOTOS, (time.monotonic() - begun) / PHOTOS


def photo_in(out):
    photo = out.parent / "photo.jpg"
    photo.write_bytes(os.urandom(20_000))
    return photo


def tree(tools, out, row):
    photo = photo_in(out)
    out.mkdir(exist_ok=True)
    there = 0
    server = Server(tools, out, "--name", "all/{imei}_{time}_{kind}{ext}")
    (out / "all").mkdir(exist_ok=True)
    for wanted in (1, 100, 1000, 10_000, 100_000):
        while there < wanted:
            (out / "all" / f"older_{there}.jpg").touch()
            there += 1
        cost, took = upload(tools, server, photo, 10**14 + wanted * 1000)
        row(wanted, f"{1e6 * cost:.0f}", f"{1e3 * took:.2f}")
    server.stop()


def connections(tools, out, row):
    photo = photo_in(out)
    out.mkdir(exist_ok=True)
    server = Server(tools, out, "--max-connections", "12000", "--no-metadata")
    peers = []
    for wanted in (1, 100, 1000, 5000, 10_000):
        while len(peers) < wanted:
            peers.append(server.connect())
            say(peers[-1], init(2 * 10**14 + len(peers), FRONT_PHOTO), REQUEST)
        cost, took = upload(tools, server, photo, 10**14 + wanted * 1000)
        row(wanted, f"{1e6 * cost:.0f}", f"{1e3 * took:.2f}")
    server.stop()


def main():
    tools, what = pathlib.Path(sys.argv[1]).resolve(), sys.argv[2]
    heads = {"idle": ("state", "connections", "KiB each", "descriptors each"),
             "tree": ("files in the folder", "core us a file", "ms a file"),
             "connections": ("connections", "core us a file", "ms a file")}
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    work = pathlib.Path(tempfile.mkdtemp())
    lines = []

    def row(*cells):
        lines.append("\t".join(map(str, cells)))
        print(lines[-1], flush=True)

    try:
        row(*("# " + heads[what][0], *heads[what][1:]))
        {"idle": idle, "tree": tree, "connections": connections}[what](tools, work / "out", row)
    finally:
        shutil.rmtree(work)
    if len(sys.argv) > 3:
        pathlib.Path(sys.argv[3]).write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
