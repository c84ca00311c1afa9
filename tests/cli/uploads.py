"""A camera made by hand that uploads one file, and can be stopped at every step of it."""

import binascii
import functools
import hashlib
import re
import struct
import time

from harness import IMEI, PATIENCE, Camera

KINDS = {"photof": 0x04, "photor": 0x08, "videof": 0x10, "videor": 0x20}
INIT, START, RESUME, SYNC, DATA, STATUS, FILE, AGAIN, METADATA_WANTED, METADATA = (
    0, 1, 2, 3, 4, 5, 8, 9, 10, 11)
PACKET = 1024
MIRRORED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))


def crc16(data, crc=0):
    """CRC-16/KERMIT at the speed of C: the mirror image of the CRC that Python has."""
    mirrored = binascii.crc_hqx(data.translate(MIRRORED), int(f"{crc:016b}"[::-1], 2))
    return int(f"{mirrored:016b}"[::-1], 2)


def _crc64_table():
    table = []
    for value in range(256):
        for _ in range(8):
            value = value >> 1 ^ (0xC96C5795D7870F42 if value & 1 else 0)
        table.append(value)
    return table


CRC64 = _crc64_table()


def crc64(data, crc=0):
    """CRC-64/XZ of a few bytes."""
    crc ^= 0xFFFFFFFFFFFFFFFF
    for byte in data:
        crc = crc >> 8 ^ CRC64[(crc ^ byte) & 0xFF]
    return crc ^ 0xFFFFFFFFFFFFFFFF


def digests(contents):
    """For comparing files: hundreds of kilobytes would not help anybody who reads a failure."""
    return sorted(hashlib.sha256(content).hexdigest() for content in contents)


def packet_count(content):
    return -(-len(content) // PACKET)


@functools.lru_cache(maxsize=256)
def packets(content, first):
    """DATA for each packet from `first` on; the CRC chain begins at 0, as after each SYNC."""
    crc, messages = 0, []
    for start in range((first - 1) * PACKET, len(content), PACKET):
        payload = content[start:start + PACKET]
        crc = crc16(payload, crc)
        messages.append(struct.pack(">HH", DATA, len(payload) + 2) + payload
                        + struct.pack(">H", crc))
    return messages


def metadata(kind, milliseconds):
    return struct.pack(">HHBBQBHB", METADATA, 14, 2, KINDS[kind], milliseconds, 0, 0, 0)


class Upload(Camera):
    """Offers `content` as one file. `milliseconds` is its time in the metadata; None: the camera has
    no metadata."""

    def __init__(self, server, content, kind="photof", imei=int(IMEI), milliseconds=None):
        super().__init__(server)
        self.content, self.kind, self.imei, self.milliseconds = content, kind, imei, milliseconds
        self.begun = self.taken = False
        self.resumed_at = []  # the packets that the server asked for
        self.sent = 0         # bytes of the file, repeats included
        self.last_sent = 0    # when

    def read(self, count):
        data = b""
        while len(data) < count:
            piece = self.socket.recv(count - len(data))
            if not piece:
                return None
            data += piece
        return data

    def command(self):
        """The server's next one and its payload; None at the end of the stream."""
        try:
            head = self.read(2)
            command = struct.unpack(">H", head)[0] if head else None
            if command is None or command == AGAIN:
                return command, b""
            head = self.read(2)
            return command, self.read(struct.unpack(">H", head)[0]) if head else b""
        except ConnectionResetError:
            return None, b""

    def begin(self):
        self.begun = True
        self.init(KINDS[self.kind], imei=self.imei)

    def answer(self, command, payload):
        if command == METADATA_WANTED:
            self.send("0005 0004 00000005" if self.milliseconds is None
                      else metadata(self.kind, self.milliseconds))
        elif command == FILE:
            self.send(struct.pack(">HHIH", START, 6, packet_count(self.content), 0))
        elif command == RESUME:
            self.sync(*struct.unpack(">I", payload))
            for packet in range(len(packets(self.content, self.resumed_at[-1]))):
                self.packet(packet)
        elif command == AGAIN:
            self.taken = True
            self.init(0, imei=self.imei)

    def sync(self, packet):
        self.resumed_at.append(max(packet, 1))
        self.send(struct.pack(">HHI", SYNC, 4, packet))

    def packet(self, index, part=slice(None)):
        """The packet `index` packets behind the last SYNC, or a part of it."""
        message = packets(self.content, self.resumed_at[-1])[index][part]
        self.send(message)
        self.sent += len(message) - 6 if part == slice(None) else 0
        self.last_sent = time.monotonic()

    def send_first(self, count):
        """Up to RESUME, SYNC 1 and so many packets."""
        self.run(RESUME)
        self.sync(1)
        for index in range(count):
            self.packet(index)

    def run(self, until=None):
        """Answers until the server takes its leave, or until it sends `until`, which is left
        unanswered. What it sent last: None = it hung up, maybe after CLOSE or STATUS 0."""
        if not self.begun:
            self.begin()
        while True:
            command, payload = self.command()
            if command == until or command is None:
                return command
            try:
                self.answer(command, payload)
            except (BrokenPipeError, ConnectionResetError):
                return None


def queues(here, there):
    """The bytes that a TCP connection has unacknowledged and unread, by the kernel's table."""
    with open("/proc/net/tcp") as table:
        ends = re.search(rf": \w+:{here:04X} \w+:{there:04X} \w+ (\w+):(\w+)", table.read())
    return (int(ends.group(1), 16), int(ends.group(2), 16)) if ends else (1, 1)


def was_read(server, camera):
    """Waits until the server has read all that `camera` has sent."""
    here = camera.socket.getsockname()[1]
    deadline = time.monotonic() + PATIENCE
    while queues(here, server.port)[0] != 0 or queues(server.port, here)[1] != 0:
        if time.monotonic() > deadline:
            raise AssertionError("the server does not read what a camera sent")
        time.sleep(0.005)
