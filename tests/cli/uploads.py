"""A camera made by hand that uploads one file, and can be stopped at every step of it."""

import hashlib
import re
import struct
import time

from families import DUALCAM
from harness import IMEI, PATIENCE, Camera
from wire import AGAIN, FILE, METADATA_WANTED, PATH, PATH_WANTED, RESUME, START, SYNC


def digests(contents):
    """For comparing files: hundreds of kilobytes would not help anybody who reads a failure."""
    return sorted(hashlib.sha256(content).hexdigest() for content in contents)


def packet_count(content):
    return DUALCAM.count(content)


def packets(content, first):
    """DATA of a DualCam."""
    return DUALCAM.packets(content, first)


def metadata(kind, milliseconds):
    """METADATA of a DualCam."""
    return DUALCAM.metadata(kind, milliseconds)


class Upload(Camera):
    """Offers `content` as one file of a family's camera. `milliseconds` is its time in the metadata;
    None: the camera has no metadata. Packets are counted from 1, however the device counts."""

    def __init__(self, server, content, kind="photof", imei=int(IMEI), milliseconds=None,
                 family=DUALCAM):
        super().__init__(server)
        self.content, self.kind, self.imei, self.milliseconds = content, kind, imei, milliseconds
        self.family = family
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
        self.init(self.family.bit(self.kind), imei=self.imei, protocol=self.family.protocol)

    def answer(self, command, payload):
        if command == PATH_WANTED:
            path = self.family.path(self.kind)
            self.send(struct.pack(">HH", PATH, len(path)) + path)
        elif command == METADATA_WANTED:
            self.send("0005 0004 00000005" if self.milliseconds is None
                      else self.family.metadata(self.kind, self.milliseconds))
        elif command == FILE:
            self.send(struct.pack(">HHIH", START, 6, self.family.announced(self.content), 0))
        elif command == RESUME:
            self.sync(self.family.packet_of(*struct.unpack(">I", payload)))
            for packet in range(len(self.family.packets(self.content, self.resumed_at[-1]))):
                self.packet(packet)
        elif command == AGAIN:
            self.taken = True
            self.init(0, imei=self.imei, protocol=self.family.protocol)

    def sync(self, packet):
        self.resumed_at.append(packet)
        self.send(struct.pack(">HHI", SYNC, 4, self.family.number(packet)))

    def packet(self, index, part=slice(None)):
        """The packet `index` packets behind the last SYNC, or a part of it."""
        message = self.family.packets(self.content, self.resumed_at[-1])[index][part]
        self.send(message)
        self.sent += len(message) - self.family.overhead if part == slice(None) else 0
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
