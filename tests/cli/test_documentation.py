"""--help, man page and the three completions of each tool name the same options."""

import pathlib
import re
import subprocess
import unittest

from harness import TOOLS

SOURCE = pathlib.Path(__file__).resolve().parents[2]
NAMES = sorted(path.parent.name for path in SOURCE.glob("tools/dcam-*/main.cpp"))


def options_of_help(name):
    text = subprocess.run([TOOLS / name, "--help"], capture_output=True, text=True, check=True).stdout
    listed = text.split("Options:\n")[1].split("Examples:\n")[0]
    heads = re.findall(r"^ {2,6}(-[^ ].*?)(?:  |$)", listed, re.MULTILINE)
    return {option for head in heads for option in re.findall(r"(?<![\w-])--?[A-Za-z0-9][\w-]*", head)}


def options_of_man(name):
    text = (SOURCE / "man" / f"{name}.1").read_text()
    heads = re.findall(r"^\.It (Fl .*)$", text, re.MULTILINE)
    return {f"-{option}" for head in heads for option in re.findall(r"Fl (-?[\w-]+)", head)}


def options_of_bash(name):
    text = (SOURCE / "completions/bash" / name).read_text()
    listed = re.search(r'compgen -W "\s*(-[^"]*)" -- "\$current"', text).group(1)
    return set(listed.split())


def options_of_zsh(name):
    text = (SOURCE / "completions/zsh" / f"_{name}").read_text()
    heads = re.findall(r"^  '?(?:\([^)]*\)'|\*'?)?(\{[^}]*\}|--?[\w-]+)[=+]?", text, re.MULTILINE)
    return {option.rstrip("+=") for head in heads for option in head.strip("{}").split(",")}


def options_of_fish(name):
    options = set()
    for line in (SOURCE / "completions/fish" / f"{name}.fish").read_text().splitlines():
        if not line.startswith("complete "):
            continue
        options |= {f"-{short}" for short in re.findall(r" -s (\S+)", line)}
        options |= {f"--{long}" for long in re.findall(r" -l (\S+)", line)}
    return options


class Documentation(unittest.TestCase):
    maxDiff = None

    def test_there_are_tools_to_compare(self):
        self.assertIn("dcam-serve", NAMES)

    def test_help_and_man_page_agree(self):
        for name in NAMES:
            self.assertEqual(options_of_man(name), options_of_help(name), name)

    def test_help_and_bash_completion_agree(self):
        for name in NAMES:
            self.assertEqual(options_of_bash(name), options_of_help(name), name)

    def test_help_and_zsh_completion_agree(self):
        for name in NAMES:
            self.assertEqual(options_of_zsh(name), options_of_help(name), name)

    def test_help_and_fish_completion_agree(self):
        for name in NAMES:
            self.assertEqual(options_of_fish(name), options_of_help(name), name)

    def test_man_pages_are_clean(self):
        for page in sorted(SOURCE.glob("man/*.[17]")):
            result = subprocess.run(["mandoc", "-Tlint", "-Wwarning", page], capture_output=True,
                                    text=True)
            # The order is ours: what most readers look for comes first.
            complaints = [line for line in result.stdout.splitlines()
                          if "sections out of conventional order" not in line]
            self.assertEqual(complaints, [], page)

    def test_every_option_that_a_page_names_is_one(self):
        """A dash that is forgotten, or a word too many, makes another option of it. Single letters may be
        other programs'."""
        options = {option.removeprefix("-") for name in NAMES for option in options_of_help(name)}
        options.add("Hn")  # ulimit's
        for page in sorted(SOURCE.glob("man/*.1")):
            for line in re.findall(r"^\.[A-Z].*\bFl .*$|^\.Fl .*$", page.read_text(), re.MULTILINE):
                for words in re.findall(r"\bFl ((?:(?![A-Z][a-z] )\S+ ?)*)", line):
                    named = [word for word in words.split() if re.match(r"[\w-]\w", word)]
                    self.assertEqual([word for word in named if word not in options], [], f"{page}: {line}")

    def test_every_option_that_readme_names_is_one(self):
        options = {option for name in NAMES for option in options_of_help(name)}
        others = {"--install", "--build", "--target", "--full", "--soak", "--slow-syncs", "--stop",
                  "--tidy"}
        text = re.sub(r"^```.*?^```", "", (SOURCE / "README.md").read_text(), flags=re.MULTILINE | re.DOTALL)
        named = {word for code in re.findall(r"`([^`]+)`", text) for word in re.findall(r"(?<!\S)--[a-z][\w-]*", code)}
        self.assertGreater(len(named), 20)
        self.assertEqual(named - options - others, set())

    def test_the_sections_of_the_tools_pages_are_the_same_in_the_same_order(self):
        for page in sorted(SOURCE.glob("man/*.1")):
            sections = re.findall(r"^\.Sh (.*)$", page.read_text(), re.MULTILINE)
            self.assertEqual(sections, ["NAME", "SYNOPSIS", "DESCRIPTION", "OPTIONS", "EXAMPLES",
                                        "OUTPUT", "EXIT STATUS", "SIGNALS", "FILES", "ENVIRONMENT",
                                        "SECURITY", "SEE ALSO"], page)

    def test_completions_parse(self):
        for shell, pattern in (("bash", "bash/*"), ("zsh", "zsh/*"), ("fish", "fish/*")):
            for path in sorted(SOURCE.glob(f"completions/{pattern}")):
                result = subprocess.run([shell, "-n", path], capture_output=True, text=True)
                self.assertEqual((result.returncode, result.stderr), (0, ""), path)

    def test_help_fits_80_columns_and_no_line_ends_in_a_space(self):
        for name in NAMES:
            text = subprocess.run([TOOLS / name, "--help"], capture_output=True, text=True).stdout
            for line in text.splitlines():
                self.assertLessEqual(len(line), 80, f"{name}: {line}")
                self.assertEqual(line, line.rstrip(), name)

    def test_every_tool_ends_its_help_with_three_examples_that_use_it(self):
        for name in NAMES:
            text = subprocess.run([TOOLS / name, "--help"], capture_output=True, text=True).stdout
            examples = text.split("Examples:\n")[1].splitlines()
            self.assertEqual(len(examples), 3, name)
            for example in examples:
                self.assertIn(name, example)


if __name__ == "__main__":
    unittest.main()
