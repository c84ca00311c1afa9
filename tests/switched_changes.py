"""Puts many changes of a source into it at once, of which a program takes one each time it is run.

A change is an edit of a few characters. What it stands in, an expression or a statement, is written
once for each change and once as it was, and DUALCAM_CHANGE in the environment tells which is taken.
So sources are built once for all changes. DUALCAM_CHANGES_SEEN names a file whose byte N becomes 1
when a program comes by change N.
"""

import collections
import re

HEADER = r"""
#pragma once
#include <cstdlib>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>
inline bool dualcam_change(int number) {
  static const int chosen = [] {
    const char* text = std::getenv("DUALCAM_CHANGE");
    return text == nullptr ? 0 : std::atoi(text);
  }();
  static char* const seen = []() -> char* {
    const char* path = std::getenv("DUALCAM_CHANGES_SEEN");
    if (path == nullptr) {
      return nullptr;
    }
    const int file = ::open(path, O_RDWR | O_CLOEXEC);
    void* place = ::mmap(nullptr, 1 << 16, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    ::close(file);
    return place == MAP_FAILED ? nullptr : static_cast<char*>(place);
  }();
  if (seen != nullptr) {
    seen[number] = 1;
  }
  return number == chosen;
}
"""

# `number` tells it from others; [begin, end) of the text becomes `text`.
Edit = collections.namedtuple("Edit", "number begin end text is_statement")
Place = collections.namedtuple("Place", "begin end is_statement edits")

NO_CODE = re.compile(r"""R"(\w*)\(.*?\)\1"|//[^\n]*|"(?:\\.|[^"\\\n])*"|(?<!\w)'(?:\\.|[^'\\\n])+'""",
                     re.DOTALL)
KEYWORD = re.compile(r"\b(?:return|co_return|co_yield|throw|else|do)\s*$")


def masked(text):
    """Without what looks like code in strings and comments, of the same length."""
    return NO_CODE.sub(lambda found: re.sub(r"[^\n]", "_", found[0]), text)


def is_assignment(code, at):
    return code[at] == "=" and code[at - 1] not in "=!<>" and code[at + 1] in " \n"


def expression_around(code, begin, end):
    """The whole expression that [begin, end) is in: an operand of nothing."""
    depth = 0
    while depth or (code[begin - 1] not in "([{;," and not is_assignment(code, begin - 1)
                    and not KEYWORD.search(code, max(0, begin - 12), begin)):
        depth += (code[begin - 1] in ")]}") - (code[begin - 1] in "([{")
        begin -= 1
    while depth or code[end] not in ")]};,":
        depth += (code[end] in "([{") - (code[end] in ")]}")
        end += 1
    return begin + len(code[begin:end]) - len(code[begin:end].lstrip()), end


def around(code, edit):
    """What is written twice: a statement, or the expression that the edit is in."""
    return (edit.begin, edit.end) if edit.is_statement else expression_around(
        code, edit.begin, edit.end)


def can_be_switched(text, edit):
    """GCC 12 destroys what a conditional expression awaits, whether or not it was."""
    code = masked(text)
    begin, end = around(code, edit)
    return edit.is_statement or "co_await" not in code[begin:end]


def places_of(text, edits):
    """Where edits are in the same expression or statement they share the outer one."""
    code = masked(text)
    places = []
    for edit in edits:
        begin, end = around(code, edit)
        places.append(Place(begin, end, edit.is_statement, [edit]))
    places.sort(key=lambda place: (place.begin, -place.end, not place.is_statement))
    apart = []
    for place in places:
        if apart and place.begin < apart[-1].end:
            apart[-1].edits.extend(place.edits)
        else:
            apart.append(place)
    return apart


def switch(text, place):
    """What stands there instead."""
    def changed(edit):
        return text[place.begin:edit.begin] + edit.text + text[edit.end:place.end]
    unchanged = text[place.begin:place.end]
    if place.is_statement:
        return "{ " + "".join(f"if (dualcam_change({edit.number})) {{ {changed(edit)} }} else "
                              for edit in place.edits) + f"{{ {unchanged} }} }}"
    whole = "static_cast<bool>" if re.search(r"\b(?:if|while) \($", text[:place.begin]) else ""
    return "(" + "".join(f"dualcam_change({edit.number}) ? {whole}({changed(edit)}) : "
                         for edit in place.edits) + f"{whole}({unchanged}))"


def switched(text, edits):
    """The source with all edits in it; with each place the lines that it takes there."""
    result, at, lines = '#include "dualcam_change.hpp"\n', 0, []
    for place in places_of(text, edits):
        if any(edit.end > place.end for edit in place.edits):
            raise ValueError(f"an edit is not inside of what it stands in: {text[place.begin:place.end]}")
        result += text[at:place.begin]
        first = result.count("\n") + 1
        result += switch(text, place)
        lines.append((first, result.count("\n") + 1, [edit.number for edit in place.edits]))
        at = place.end
    return result + text[at:], lines
