"""What a disk may hold after a power cut, worked out from a trace: of what no sync covered, any
part may be there, and any part not. A sync covers what had returned when it began. And what must
have been synced, whether it was or not."""

import functools
import pathlib
import re

from wire import crc64

SECTOR = 512
SYNCS = ("fsync", "fdatasync", "syncfs")
RESTART = {"call": "restart"}  # between the traces of two processes


class _Pending:
    """Something durable, and the changes since, in their order."""

    def __init__(self):
        self.pending = []
        self.durable = 0  # changes so far

    def changes(self):
        """How many there have been."""
        return self.durable + len(self.pending)

    def sync(self, changes):
        """The first so many of all are durable."""
        count = max(changes - self.durable, 0)
        later = self.pending[count:]
        self.pending = self.pending[:count]
        self.settle()
        self.pending = later
        self.durable += count


class _File(_Pending):
    """Bytes; a change is (offset, bytes), or (size, None) for a truncation."""

    def __init__(self, content=b""):
        super().__init__()
        self.content = bytearray(content)

    def settle(self):
        self.content = self.after(lambda: True)

    def after(self, keeps, tears=None):
        """The content if of each pending change what `keeps()` says is there. `tears` is a random
        generator if writes may also be torn."""
        content = bytearray(self.content)
        for offset, data in self.pending:
            if not keeps():
                if tears and data and tears.random() < 0.5:
                    self._torn(content, offset, data, tears)
            elif data is None:
                _resize(content, offset)
            else:
                _resize(content, max(len(content), offset))
                content[offset:offset + len(data)] = data
        return content

    @staticmethod
    def _torn(content, offset, data, random):
        """Some of the sectors; the size may have been recorded without its bytes."""
        if random.random() < 0.5:
            _resize(content, max(len(content), offset + len(data)))
        sectors = range(offset // SECTOR, -(-(offset + len(data)) // SECTOR))
        kept = random.getrandbits(len(sectors))
        for position, sector in enumerate(sectors):
            if kept >> position & 1:
                start = max(offset, sector * SECTOR)
                end = min(offset + len(data), (sector + 1) * SECTOR)
                _resize(content, max(len(content), end))
                content[start:end] = data[start - offset:end - offset]


def _resize(content, size):
    if size < len(content):
        del content[size:]
    else:
        content.extend(bytes(size - len(content)))


class _Folder(_Pending):
    """Names, each for a _File or a _Folder; a change is {name: what it stands for now, None if
    removed}."""

    def __init__(self):
        super().__init__()
        self.names = {}

    def settle(self):
        self.names = self.after(lambda: True)

    def after(self, keeps):
        names = dict(self.names)
        for change in self.pending:
            if keeps():
                names.update(change)
        return {name: entry for name, entry in names.items() if entry is not None}


class Disk:
    """The output folder as the calls of a trace change it."""

    def __init__(self, root):
        self.root = pathlib.PurePath(root)
        self.folders = {self.root: _Folder()}
        self.inodes = {}
        self.syncs = {}  # under way: what each will have covered

    def apply(self, call):
        if call is RESTART:
            self.syncs = {}
        if "error" in call or not call.get("below"):
            return
        path = _path(call.get("target", call["path"]))
        file = self.inodes.get(call.get("inode"))
        if call.get("creates") and not path.name.endswith(" (deleted)"):
            file = self.inodes[call["inode"]] = _File()
            self._change(path.parent, {path.name: file})
        elif "data" in call:
            file.pending.append((call["offset"], call["data"]))
        elif "size" in call:
            file.pending.append((call["size"], None))
        elif call["call"] == "sync-begins":
            self.syncs[call["sync"]] = self._covered(path, file, call["whole"])
        elif call["call"] in SYNCS:
            whole = call["call"] == "syncfs"
            covered = self.syncs.pop(call.get("sync"), None) or self._covered(path, file, whole)
            for each, changes in covered:
                each.sync(changes)
        elif call["call"] == "mkdir":
            self.folders[path] = _Folder()
            self._change(path.parent, {path.name: self.folders[path]})
        elif call["call"] in ("unlink", "rmdir"):
            self._change(path.parent, {path.name: None})
        elif call["call"] in ("rename", "link"):
            self._move(path, _path(call["to"]), removes=call["call"] == "rename")

    def _covered(self, path, file, whole):
        """What a sync that begins now covers, and how many changes of it."""
        everything = [*self.folders.values(), *self.inodes.values()]
        return [(each, each.changes())
                for each in (everything if whole else [self.folders.get(path, file)])]

    def _change(self, folder, change):
        self.folders[folder].pending.append(change)

    def _move(self, path, to, removes):
        names = self.folders[path.parent].after(lambda: True)
        change = {to.name: names[path.name]}
        if removes and path.parent == to.parent:
            change[path.name] = None  # a rename within a folder happens whole or not at all
        elif removes:
            self._change(path.parent, {path.name: None})
        self._change(to.parent, change)

    def states(self, random, count):
        """What may be there now, as {relative path: bytes}: nothing of what is not synced, all of
        it, then `count` random mixtures."""
        yield self._state(lambda: False)
        yield self._state(lambda: True)
        for _ in range(count):
            yield self._state(lambda: random.random() < 0.5, random)

    def _state(self, keeps, tears=None):
        state = {}
        drawn = {}  # one file may have two names

        def walk(prefix, folder):
            for name, entry in folder.after(keeps).items():
                if isinstance(entry, _Folder):
                    walk(prefix + name + "/", entry)
                else:
                    if id(entry) not in drawn:
                        drawn[id(entry)] = bytes(entry.after(keeps, tears))
                    state[prefix + name] = drawn[id(entry)]

        walk("", self.folders[self.root])
        return state


def _path(path):
    return pathlib.PurePath(path.decode())


class Told:
    """What the device was told, as far as a trace has come."""

    def __init__(self):
        self.files = []  # the requests of those that it may forget, in order
        self.heard = True  # it has answered since
        self._request = None
        self._transferring = False

    def apply(self, call):
        if call is RESTART:
            self._transferring = False
        elif call["call"] == "recv":
            self.heard = True
        elif call["call"] == "send":
            command, payload = call["data"][:2], call["data"][4:]
            ends = command in (b"\0\x09", b"\0\x08", b"\0\0") or call["data"] == bytes.fromhex(
                "0005000400000000")
            if ends and self._transferring:
                self.files.append(self._request)
                self.heard = self._transferring = False
            if command == b"\0\x08":
                self._request = payload
            elif command == b"\0\x02":
                self._transferring = True


BLOCK = 4096
HELD = re.compile(rb"(held (\d+) \d+ (\d+) \d+ [0-9a-f]{4} [^\n]*?(?: tail (\d+) ([0-9a-f]{16}))?)"
                  rb" ([0-9a-f]{16})\n")
SHARED = re.compile(rb" shared ([0-9a-f]{16}) (\d+) ")
ROWS_TOGETHER = 16
HEADER = re.compile(rb"\Adualcam checkpoint 2\n(?:[a-z]+ .*\n)*?check ([0-9a-f]{16})\n")


@functools.lru_cache(maxsize=1 << 16)
def check_of(text, before=0):
    return crc64(text, before)


def areas_of(line, tables):
    """Both areas where such a claim says that later ones may be, among those of others."""
    shared = SHARED.search(line)
    group = int(shared.group(2)) // ROWS_TOGETHER if shared else 0
    table = tables.get("claims-" + shared.group(1).decode(), b"") if shared else b""
    return table[2 * group * ROWS_TOGETHER * BLOCK:2 * (group + 1) * ROWS_TOGETHER * BLOCK]


def claims_and_tails_in(checkpoint, tables={}):
    """How many bytes each claim that can be read says are durable, and the end of these, as far as
    it is in the claim and not in the part; the newest first. Those in tables, too, by their names."""
    header = HEADER.match(checkpoint)
    if not header:
        return []
    size = -(-header.end() // BLOCK) * BLOCK
    if int(header.group(1), 16) != check_of(
            header.group()[:header.group().rindex(b"check ")]):
        return []
    check = check_of(checkpoint[:size].ljust(size, b"\0"))
    found = []

    def look_at(text, line):
        if line and int(line.group(6), 16) == check_of(line.group(1), check):
            tail = text[line.end():][:int(line.group(4) or 0)]
            if not tail or check_of(tail) == int(line.group(5), 16):
                found.append((int(line.group(2)), int(line.group(3)), tail))
                return line.group(1) + b" "
        return b""

    for slot in (size, size + BLOCK):
        block = checkpoint[slot:slot + BLOCK]
        areas = areas_of(look_at(block, HELD.match(block)), tables)
        for begin in re.finditer(b"held ", areas):  # a tail may look like the beginning of a claim
            look_at(areas, HELD.match(areas, begin.start()))
    return [claim for _, *claim in sorted(found, reverse=True)]


def claims_in(checkpoint):
    """Their bytes alone."""
    return [count for count, _ in claims_and_tails_in(checkpoint)]


def claimed(checkpoint, tables={}):
    """How many bytes the newest of them says."""
    return next((count for count, _ in claims_and_tails_in(checkpoint, tables)), 0)


def tail_in(checkpoint, tables={}):
    """The end of these."""
    return next((tail for _, tail in claims_and_tails_in(checkpoint, tables)), b"")


def tables_in(state):
    """Those in the folder of states, by their names."""
    return {path.name: path.read_bytes() for path in state.glob("claims-*")}


class Claims:
    """Demands of a trace: that a checkpoint claims only bytes of its part that a sync had covered
    which began after they were written and was over when the claim was written; and that what a claim
    speaks of is not written again, nor the claim itself before the other one is durable."""

    def __init__(self):
        self._written = {}  # part: bytes; a checkpoint goes by the name of its part
        self._synced = {}
        self._told = {}
        self._durable = {}
        self._slots = {}  # part: where the claim is that is not durable yet
        self._syncs = {}  # under way: what there was when they began

    def durable(self, suffix):
        """The bytes that are claimed, and the claim durable, of the part whose name ends so."""
        return max((count for path, count in self._durable.items() if path.endswith(suffix)),
                   default=0)

    def apply(self, call):
        path = call.get("path", b"")
        if call is RESTART:
            self._syncs, self._slots = {}, {}
        if "error" in call or not call.get("below"):
            return
        if call["call"] == "sync-begins":
            self._syncs[call["sync"]] = dict(self._written), dict(self._told)
        elif call["call"] in SYNCS:
            self._sync(path, call)
        elif path.endswith(b".part.checkpoint"):
            self._checkpoint(path.removesuffix(b".checkpoint"), call)
        elif path.endswith(b".part"):
            self._part(path, call)

    def _sync(self, path, call):
        written, told = self._syncs.pop(call.get("sync"), (self._written, self._told))
        whole = call["call"] == "syncfs"
        for part in [*written] if whole else [path]:
            if part in written:
                self._synced[part] = written[part]
        for part in [*told] if whole else [path.removesuffix(b".checkpoint")]:
            if part in told and (whole or path != part):
                self._durable[part] = told[part]
                if told[part] == self._told[part]:
                    self._slots.pop(part, None)

    def _part(self, path, call):
        if "data" in call:
            claimed_bytes = self._told.get(path, 0)
            assert call["offset"] >= claimed_bytes, f"{path} is written below what is claimed"
            self._written[path] = max(self._written.get(path, 0), call["offset"] + call["result"])
        elif "size" in call:
            assert call["size"] >= self._durable.get(path, 0), f"{path} is cut below its claim"
            for known in (self._written, self._synced):
                known[path] = min(known.get(path, 0), call["size"])

    def _checkpoint(self, path, call):
        for line in HELD.finditer(call.get("data", b"")):
            claim = int(line.group(3)) - int(line.group(4) or 0)
            synced = self._synced.get(path, 0)
            assert claim <= synced, f"{claim} bytes of {path} are claimed, {synced} are synced"
            slot = self._slots.setdefault(path, call["offset"])
            assert slot == call["offset"], f"a claim of {path} before the last one is durable"
            self._told[path] = claim
