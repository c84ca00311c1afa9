"""The protocol's commands and CRCs, for peers made by hand; dualcam-protocol(7)."""

import binascii

INIT, START, RESUME, SYNC, DATA, STATUS, FILE, AGAIN, METADATA_WANTED, METADATA = (
    0, 1, 2, 3, 4, 5, 8, 9, 10, 11)
CLOSE, PATH_WANTED, PATH, ENHANCED_DATA = 0, 12, 13, 14
KINDS = {"photof": 0x04, "photor": 0x08, "videof": 0x10, "videor": 0x20}
BY_PATH = 0x02
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
