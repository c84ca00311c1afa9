"""dcam-serve's progress as a terminal shows it."""

import fcntl
import os
import pty
import re
import struct
import termios
import threading
import time
import unittest

from harness import IMEI, PATIENCE, SIGTERM, Camera, ToolTest, tool


class Screen:
    """What a terminal shows of what a program writes: as much as dcam-serve knows of, and nothing
    else. When it gets narrower, lines are wrapped anew, as most terminals do, and the cursor stays
    where it is in the text; `wraps` tells whether, or they are cut as xterm does."""

    SEQUENCE = re.compile(r"\x1b\[(\d*)([KJA])|\r|\n|[^\x00-\x1f\x7f]+")

    def __init__(self, columns, rows, wraps):
        self.columns, self.rows, self.wraps = columns, rows, wraps
        self.lines = [""]  # all that were ever there
        self.row = self.column = 0

    def feed(self, text):
        """Returns the rest: an escape sequence that is not whole."""
        while text:
            found = self.SEQUENCE.match(text)
            if not found:
                if re.fullmatch(r"\x1b(\[\d*)?", text):
                    return text
                raise AssertionError(f"not for this terminal: {text[:20]!r}")
            self.perform(*found.groups(), found.group())
            text = text[found.end():]
        return ""

    def perform(self, count, what, text):
        if what == "K":
            self.lines[self.row] = self.lines[self.row][:self.column]
        elif what == "J":
            self.perform("", "K", "")
            del self.lines[self.row + 1:]
        elif what == "A":
            self.row = max(self.row - int(count), len(self.lines) - self.rows, 0)
        elif text == "\r":
            self.column = 0
        elif text == "\n":
            self.row += 1
            if self.row == len(self.lines):
                self.lines.append("")
        else:
            for character in text:
                self.put(character)

    def put(self, character):
        if self.column == self.columns:
            self.perform("", "", "\n")
            self.column = 0
        line = self.lines[self.row].ljust(self.column)
        self.lines[self.row] = line[:self.column] + character + line[self.column + 1:]
        self.column += 1

    def resize(self, columns, rows):
        wrapped = []
        row = 0
        for number, line in enumerate(self.lines):
            row = len(wrapped) if number == self.row else row
            pieces = [line[i:i + columns] for i in range(0, max(len(line), 1), columns)]
            wrapped += pieces if self.wraps else pieces[:1]
        self.row = row + (self.column // columns if self.wraps else 0)
        self.column = self.column % columns if self.wraps else min(self.column, columns)
        self.lines, self.columns, self.rows = wrapped, columns, rows

    def display(self):
        return self.lines[-self.rows:]


class Terminal:
    """A terminal that a program writes to, and what its screen shows."""

    def __init__(self, columns, rows, wraps=True):
        self.screen = Screen(columns, rows, wraps)
        self.failure = None
        self.lock = threading.Lock()
        self.master, self.slave = pty.openpty()
        self.resize(columns, rows)
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self):
        rest = ""
        try:
            while data := os.read(self.master, 65536):
                with self.lock:
                    rest = self.screen.feed(rest + data.decode())
        except OSError:
            pass  # the program has ended
        except AssertionError as failure:
            self.failure = failure

    def resize(self, columns, rows):
        with self.lock:
            fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
            self.screen.resize(columns, rows)

    def lines(self):
        with self.lock:
            if self.failure:
                raise self.failure
            return [line.rstrip() for line in self.screen.display() if line.strip()]

    def wait(self, condition):
        """The lines once they are as they should be."""
        deadline = time.monotonic() + PATIENCE
        while True:
            lines = self.lines()
            if condition(lines):
                return lines
            if time.monotonic() > deadline:
                raise AssertionError("\n".join(lines))
            time.sleep(0.02)


def shares(lines):
    return [int(match.group(1)) for line in lines if (match := re.search(r"  +(\d+)%", line))]


class Progress(ToolTest):
    def watched(self, columns, rows, wraps=True):
        """A server on a terminal, and the terminal."""
        terminal = Terminal(columns, rows, wraps)
        # Standard error is the terminal, too; the harness listens to a pipe that says nothing.
        server = self.start_command(
            ["sh", "-c", f'exec "$@" 2>&{terminal.slave}', "sh", tool("dcam-serve"), "-k", "-b",
             "127.0.0.1", "-p", "0", "-o", str(self.out), "--no-metadata", "--color", "never"],
            stdout=terminal.slave, pass_fds=(terminal.slave,), env={**os.environ, "TERM": "xterm"})
        return server, terminal

    def cameras(self, terminal, server, packets):
        """One for each number: so many packets of ten are there."""
        line = terminal.wait(lambda lines: any("listening" in line for line in lines))
        server.port = int(re.search(r"port (\d+)", " ".join(line)).group(1))
        cameras = []
        for number, count in enumerate(packets):
            camera = Camera(server)
            self.addCleanup(camera.close)
            camera.init(0x04, imei=int(IMEI) + number)
            camera.expect("0008 0007 2570686f746f66")
            camera.send(struct.pack(">HHIH", 1, 6, 10, 0))
            camera.expect("0002 0004 00000001")
            camera.send("0003 0004 00000001")
            camera.data(bytes(count * 1024))
            cameras.append(camera)
        return cameras

    def end(self, server, terminal):
        server.signal(SIGTERM)
        self.assertEqual(server.wait(), 0)
        os.close(terminal.slave)
        terminal.reader.join(PATIENCE)
        self.assertEqual(shares(terminal.lines()), [])
        self.assertNotIn("ETA", "".join(terminal.lines()))

    def test_one_camera_has_a_line_with_its_end(self):
        server, terminal = self.watched(80, 24)
        self.cameras(terminal, server, [7])
        lines = terminal.wait(lambda lines: shares(lines) == [70])
        line = lines[-1]
        self.assertRegex(line, rf"^{IMEI} front photo +70%  7.0 KiB of 10.0 KiB  .*/s  ETA \d+[sm]")
        self.assertLess(len(line), 80)
        self.end(server, terminal)

    def test_several_cameras_have_a_line_each_and_a_sum_the_nearest_to_completion_first(self):
        server, terminal = self.watched(80, 24)
        cameras = self.cameras(terminal, server, [2, 5, 3, 9])
        lines = terminal.wait(lambda lines: shares(lines) == [90, 50, 30, 20, 48])
        self.assertRegex(lines[-1], r"^4 cameras   48%  19.0 KiB of 40.0 KiB  .*  ETA ")
        for line in lines[-5:-1]:
            self.assertRegex(line, r"^\d{15} front photo .*  ETA \d+[smh]")
        cameras[2].close()  # a line less, and what is said goes above
        lines = terminal.wait(lambda lines: shares(lines) == [90, 50, 20, 53])
        self.assertTrue(any("disconnected" in line for line in lines[:-4]))
        self.end(server, terminal)

    def test_more_cameras_than_lines(self):
        server, terminal = self.watched(80, 6)
        self.cameras(terminal, server, [1, 2, 3, 4, 5, 6, 7, 8])
        lines = terminal.wait(lambda lines: shares(lines) == [80, 70, 60, 50, 45])
        self.assertRegex(lines[-1], "^8 cameras ")
        terminal.resize(80, 3)
        terminal.wait(lambda lines: shares(lines) == [80, 45])
        self.end(server, terminal)

    def test_forty_columns_and_back_where_lines_are_wrapped(self):
        self.check_widths(True)

    def test_forty_columns_and_back_where_lines_are_cut(self):
        self.check_widths(False)

    def check_widths(self, wraps):
        server, terminal = self.watched(80, 10, wraps)
        self.cameras(terminal, server, [2, 5, 3])
        terminal.wait(lambda lines: shares(lines) == [50, 30, 20, 33])
        for columns in (40, 100, 20, 80):
            terminal.resize(columns, 10)
            lines = terminal.wait(lambda lines: len(lines) >= 4 and all(
                re.search(r"ETA [\d\w]+$", line) for line in lines[-4:]) and (
                    columns < 40 or shares(lines) == [50, 30, 20, 33]))
            self.assertTrue(lines[-1].startswith("3 cameras"))
            self.assertTrue(all(len(line) < columns for line in lines[-4:]))
        self.end(server, terminal)


if __name__ == "__main__":
    unittest.main()
