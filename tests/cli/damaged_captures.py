"""Captures of cameras' uploads made by hand, of every family and with damage of every kind.

Those of one seed are always the same. Whoever compares two readers of captures needs no truth.
"""
import dataclasses
import random
import struct

from wire import (AGAIN, BY_PATH, DATA, ENHANCED_DATA, FILE, INIT, METADATA, METADATA_WANTED, PATH,
                  PATH_WANTED, RESUME, START, STATUS, SYNC, crc16)

FAMILIES = ("kinds", "path", "enhanced", "enhanced anew")  # anew: each packet's CRC begins at 0
IN_BYTES = ("flip", "insert", "erase", "repeat", "swap")
IN_SEGMENTS = ("lost", "again", "reordered", "overlapping")
FAULTS = ("none", *IN_BYTES, *IN_SEGMENTS)
PORT = 7050
PCAP = struct.pack(">IHHIIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, 101)
PATHS = (b"dsm/picture/231020/231452.jpg\0", b"mdas9/picture/251012/094657.jpg\0",
         b"dashcam/video/231020/231452.h265")


def command(number, payload=b""):
    return struct.pack(">HH", number, len(payload)) + payload


@dataclasses.dataclass
class Said:
    """What one side says at once."""
    by_device: bool
    what: bytes


class Upload:
    """One file of one camera, over one connection or more."""

    def __init__(self, seed, family, fault, most=None):
        self.random = random.Random(f"{seed} {family} {fault}")
        self.family, self.fault, self.most = family, fault, most
        self.imei = 350_000_000_000_000 + seed
        self.by_path = family != "kinds"
        self.size = self.random.choice((1024, 512, 64 + self.random.randrange(1400))
                                       if self.by_path else (1024,))
        self.packets = self.random.randrange(2, 40)
        self.content = self.random.randbytes((self.packets - 1) * self.size + 1 +
                                             self.random.randrange(self.size))
        self.file = self.random.choice(PATHS) if self.by_path else b"%videof"
        self.protocol = self.random.choice((5, 6)) if self.by_path else 5

    def init(self, offers):
        return struct.pack(">HHQI", INIT, self.protocol, self.imei, (offers | 0x40) << 24 | 0x400)

    def place(self, packet):
        return struct.pack(">I", packet * self.size if self.by_path else packet + 1)

    def packet(self, packet, crc):
        payload = self.content[packet * self.size:(packet + 1) * self.size]
        crc = crc16(payload, 0 if self.family == "enhanced anew" else crc)
        if self.family.startswith("enhanced"):
            return command(ENHANCED_DATA,
                           self.place(packet) + payload + struct.pack(">H", crc)), crc
        return command(DATA, payload + struct.pack(">H", crc)), crc

    def connection(self, first, end):
        """From packet `first` to before `end`, with a step back now and then."""
        said = [Said(True, self.init(BY_PATH if self.by_path else 0x10))]
        if self.by_path:
            said += [Said(False, command(PATH_WANTED, b"\0\0")),
                     Said(True, command(PATH, self.file))]
        if self.random.random() < 0.8:
            said += [Said(False, command(METADATA_WANTED, self.file)),
                     Said(True, command(METADATA, self.metadata()))]
        start = len(self.content) if self.by_path else self.packets
        said += [Said(False, command(FILE, self.file)),
                 Said(True, command(START, struct.pack(">IH", start, 0)))]
        while True:
            said += [Said(False, command(RESUME, self.place(first))),
                     Said(True, command(SYNC, self.place(first)))]
            crc = 0
            back = self.random.randrange(first, 3 * self.packets)
            for packet in range(first, min(end, back + 1)):
                what, crc = self.packet(packet, crc)
                said.append(Said(True, what))
            if back + 1 >= end:
                break
            first = self.random.randrange(first, back + 1)
        if end == self.packets:
            said += [Said(False, struct.pack(">H", AGAIN)), Said(True, self.init(0)),
                     Said(False, command(STATUS, bytes(4)))]
        return said

    def metadata(self):
        if not self.by_path:
            return bytes.fromhex("03100000019" "2d84dac30000003" "14012c404b59a74e8e028d"
                                 "403947973bf147d6")
        if self.protocol == 6:
            return b'{"version":1,"file":{"file_timestamp":1729504017},"driver_name":"JOHN DOE"}'
        return bytes.fromhex("6532edcc010dfcbd567e0181bca30109454e4f44204e484f4a00")

    def damage_bytes(self, said):
        packets = [i for i, each in enumerate(said)
                   if each.what[:2] in (b"\0\x04", b"\0\x0e") and len(each.what) > 20]
        for _ in range(self.random.randrange(1, 4) if packets else 0):
            at = self.random.choice(packets)
            what = said[at].what
            place = self.random.randrange(len(what))
            count = self.random.randrange(1, self.random.choice((3, 40, 1500)))
            if self.fault == "flip":
                flipped = bytes([what[place] ^ 1 << self.random.randrange(8)])
                said[at].what = what[:place] + flipped + what[place + 1:]
            elif self.fault == "insert":
                said[at].what = what[:place] + self.random.randbytes(count) + what[place:]
            elif self.fault == "erase":
                said[at].what = what[:place] + what[place + count:]
            elif self.fault == "repeat":
                said[at].what = what[:place + count] + what[place:]
            elif self.fault == "swap" and at + 1 in packets:
                said[at].what, said[at + 1].what = said[at + 1].what, what

    def segments(self, said):
        """As (by_device, sequence, acknowledgement, bytes)."""
        joined = []
        for each in said:
            if joined and joined[-1].by_device and each.by_device and self.random.random() < 0.9:
                joined[-1].what += each.what
            else:
                joined.append(Said(each.by_device, each.what))
        most = self.most or self.random.choice((1448, 536, 200 + self.random.randrange(1200)))
        places = {True: 1, False: 1}
        segments = []
        for each in joined:
            for at in range(0, len(each.what), most):
                what = each.what[at:at + most]
                segments.append((each.by_device, places[each.by_device],
                                 places[not each.by_device], what))
                places[each.by_device] += len(what)
        self.damage_segments(segments)
        ending = (places[True], places[False])
        return segments, ending

    def damage_segments(self, segments):
        for _ in range(self.random.randrange(1, 4) if self.fault in IN_SEGMENTS else 0):
            of_device = [i for i, each in enumerate(segments) if each[0]]
            if len(of_device) < 4:
                return
            at = self.random.choice(of_device[2:-1])
            by_device, place, other, what = segments[at]
            following = segments[at + 1]
            goes_on = following[0] and following[1] == place + len(what)
            if self.fault == "lost":
                del segments[at]
            elif self.fault == "again":
                segments.insert(min(at + self.random.randrange(1, 5), len(segments)), segments[at])
            elif self.fault == "reordered" and goes_on:
                segments[at], segments[at + 1] = following, segments[at]
            elif self.fault == "overlapping" and goes_on and len(what) > 1:
                inner = self.random.randrange(1, len(what))
                more = following[3][:self.random.randrange(1, 100)]
                segments.insert(at + 1, (by_device, place + inner, other, what[inner:] + more))

    def frames(self, port):
        """Of all its connections, from this port of the camera on."""
        cuts = sorted(self.random.randrange(1, self.packets)
                      for _ in range(self.random.choice((0, 0, 1, 2))))
        frames = []
        for first, end in zip([0, *cuts], [*cuts, self.packets]):
            said = self.connection(first, end)
            if self.fault in IN_BYTES:
                self.damage_bytes(said)
            segments, (device_end, server_end) = self.segments(said)
            frames += [frame(port, True, 0, 0, 0x02), frame(port, False, 0, 1, 0x12)]
            frames += [frame(port, *each[:3], 0x18, each[3]) for each in segments]
            frames += [frame(port, True, device_end, server_end, 0x11),
                       frame(port, False, server_end, device_end + 1, 0x11)]
            port += 1
        return frames, port


def one_connection(says, port=20_000):
    """The frames of a conversation: (by_device, bytes) for each that one side says."""
    places = {True: 1, False: 1}
    frames = [frame(port, True, 0, 0, 0x02), frame(port, False, 0, 1, 0x12)]
    for by_device, what in says:
        frames.append(frame(port, by_device, places[by_device], places[not by_device], 0x18, what))
        places[by_device] += len(what)
    return frames


def behind(frames, header):
    """One connection's frames, with this said by the camera's end before all else."""
    moved = []
    for each in frames[2:]:
        by_device = each[20:22] != struct.pack(">H", PORT)
        at = 24 if by_device else 28  # sequence, or acknowledgement
        number = struct.unpack_from(">I", each, at)[0] + len(header)
        moved.append(each[:at] + struct.pack(">I", number) + each[at + 4:])
    port = struct.unpack_from(">H", frames[0], 20)[0]
    return [*frames[:2], frame(port, True, 1, 1, 0x18, header), *moved]


def frame(port, by_device, sequence, acknowledgement, flags, what=b""):
    """An IPv4 packet; the numbers are relative."""
    ends = ((b"\x0a\0\0\x02", port), (b"\x0a\0\0\x01", PORT))
    (source, from_port), (destination, to_port) = ends if by_device else ends[::-1]
    base = (0x10000000, 0x20000000) if by_device else (0x20000000, 0x10000000)
    tcp = struct.pack(">HHIIBBHHH", from_port, to_port, base[0] + sequence,
                      base[1] + acknowledgement if flags & 0x10 else 0, 0x50, flags, 65535, 0, 0)
    return struct.pack(">BBHHHBBH4s4s", 0x45, 0, 40 + len(what), 0, 0x4000, 64, 6, 0, source,
                       destination) + tcp + what


def capture(frames):
    """A pcap of these frames, one a millisecond."""
    parts = [PCAP]
    for i, each in enumerate(frames):
        parts.append(struct.pack(">IIII", 1_700_000_000 + i // 1000, i % 1000 * 1000, len(each),
                                 len(each)) + each)
    return b"".join(parts)


def uploads(seeds, faults, families=FAMILIES, most=None):
    """The frames of one upload a seed, one after the other; and of each connection what it is.

    `most`: bytes of a segment; the seed chooses where it is None.
    """
    frames, about, port = [], [], 20_000
    for seed in seeds:
        family = families[seed % len(families)]
        fault = faults[seed // len(families) % len(faults)]
        more, end = Upload(seed, family, fault, most).frames(port)
        frames += more
        about += [(seed, family, fault)] * (end - port)
        port = end
    return frames, about
