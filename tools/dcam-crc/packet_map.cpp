#include "dcam-crc/packet_map.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>
#include <string_view>

#include <sys/ioctl.h>
#include <unistd.h>

#include <fmt/format.h>

namespace dualcam::crc {
namespace {

constexpr std::size_t most_rows = 24;
constexpr std::size_t narrowest = 20;

/// From best to worst.
enum class Cell { good, repeated, unchecked, bad, missing };

struct Look {
  char sign;
  std::string_view color;
  std::string_view name;
};
constexpr std::array<Look, 5> looks{{{'#', "32", "good"},
                                     {'r', "36", "repeated"},
                                     {'?', "35", "unchecked"},
                                     {'x', "31", "bad"},
                                     {'.', "33", "missing"}}};

const Look& look_of(Cell cell) { return looks[static_cast<std::size_t>(cell)]; }

/// A part of the file that came: packets by number, or bytes where files go by path.
struct State {
  std::uint64_t begin;
  std::uint64_t end;
  Cell cell;
};

/// In order, so that a transfer of 4 billion missing ones costs nothing.
std::vector<State> states_of(const CapturedTransfer& transfer) {
  std::vector<State> states;
  for (const auto& packet : transfer.packets) {
    states.push_back({transfer.place_of(packet), transfer.behind(packet),
                      packet.verdict == DumpVerdict::good        ? Cell::good
                      : packet.verdict == DumpVerdict::unchecked ? Cell::unchecked
                                                                 : Cell::bad});
  }
  std::ranges::sort(states, {},
                    [](const State& state) { return std::pair(state.begin, state.cell); });
  std::size_t count = 0;
  for (const auto& state : states) {
    if (count == 0 || states[count - 1].begin != state.begin) {
      states[count++] = state;
    } else if (states[count - 1].cell == Cell::good) { // the best comes first
      states[count - 1].cell = Cell::repeated;
    }
  }
  states.resize(count);
  return states;
}

/// The worst state of what lies between, `next` being where to look: at the first that may reach
/// it.
Cell worst(const std::vector<State>& states, std::size_t& next, std::uint64_t begin,
           std::uint64_t end) {
  while (next < states.size() && states[next].end <= begin) {
    ++next;
  }
  auto cell = Cell::good;
  for (auto i = next; i < states.size() && states[i].begin < end; ++i) {
    if (states[i].end > begin) {
      cell = std::max(cell, states[i].begin > begin ? Cell::missing : states[i].cell);
      begin = std::max(begin, states[i].end);
    }
  }
  return begin < end ? Cell::missing : cell;
}

/// All that the picture shows.
State whole_of(const CapturedTransfer& transfer, const std::vector<State>& states) {
  const auto last = std::ranges::max_element(states, {}, &State::end);
  const auto came = last == states.end() ? 0 : last->end;
  return transfer.in_bytes
             ? State{0, std::max<std::uint64_t>(transfer.announced_bytes.value_or(0), came), {}}
             : State{1, std::max<std::uint64_t>(transfer.expected() + std::uint64_t{1}, came), {}};
}

std::string painted(Cell cell, std::size_t count, bool color) {
  const auto& look = look_of(cell);
  const std::string text(count, look.sign);
  return color ? fmt::format("\x1b[{}m{}\x1b[0m", look.color, text) : text;
}

std::string legend(bool color, std::uint64_t each, bool bytes) {
  std::string text;
  for (std::size_t i = 0; i < looks.size(); ++i) {
    text += fmt::format("{}{} {}", i == 0 ? "" : "  ", painted(static_cast<Cell>(i), 1, color),
                        looks[i].name);
  }
  return each == 1 && !bytes ? text
                             : text + fmt::format("  (a sign: {} {}, the worst of them)", each,
                                                  bytes ? "bytes" : "packets");
}

/// Cut into lines of `width` columns at spaces; escape sequences take no column.
std::vector<std::string> wrapped(const std::string& text, std::size_t width) {
  std::vector<std::string> lines(1);
  std::size_t column = 0;
  for (std::size_t at = 0; at < text.size();) {
    const auto end = std::min(text.find("  ", at), text.size());
    const auto part = text.substr(at, end - at);
    std::size_t columns = 0;
    for (std::size_t i = 0; i < part.size(); ++i) {
      if (part[i] == '\x1b') {
        i = part.find('m', i);
      } else {
        ++columns;
      }
    }
    if (column != 0 && column + 2 + columns > width) {
      lines.emplace_back();
      column = 0;
    }
    lines.back() += (column == 0 ? "" : "  ") + part;
    column += columns + (column == 0 ? 0 : 2);
    at = end + 2;
  }
  return lines;
}

} // namespace

std::vector<std::string> packet_map(const CapturedTransfer& transfer, std::size_t width,
                                    bool color) {
  std::vector<std::string> lines;
  const auto states = states_of(transfer);
  const auto whole = whole_of(transfer, states);
  if (whole.begin == whole.end) {
    return lines;
  }
  const auto label = std::to_string(whole.end - 1).size();
  const auto columns = std::max(width, narrowest) - label - 2;
  const auto cells = std::uint64_t{columns} * most_rows;
  const auto total = whole.end - whole.begin;
  const auto least = transfer.in_bytes ? std::min<std::uint64_t>(transfer.packet_size, total) : 1;
  const auto each = std::max((total + cells - 1) / cells, least);
  std::size_t next = 0;
  for (auto row = whole.begin; row < whole.end; row += columns * each) {
    auto line = fmt::format("{:>{}}  ", row, label);
    std::pair<Cell, std::size_t> run{Cell::good, 0};
    for (std::size_t column = 0; column < columns; ++column) {
      const auto first = row + column * each;
      if (first >= whole.end) {
        break;
      }
      const auto cell = worst(states, next, first, std::min(first + each, whole.end));
      if (cell != run.first) {
        line += run.second != 0 ? painted(run.first, run.second, color) : "";
        run = {cell, 0};
      }
      ++run.second;
    }
    lines.push_back(line + painted(run.first, run.second, color));
  }
  for (auto& line : wrapped(legend(color, each, transfer.in_bytes), std::max(width, narrowest))) {
    lines.push_back(std::move(line));
  }
  return lines;
}

std::size_t map_width() {
  winsize size{};
  if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) {
    return size.ws_col;
  }
  const std::string_view columns = std::getenv("COLUMNS") != nullptr ? std::getenv("COLUMNS") : "";
  std::size_t width = 80;
  std::from_chars(columns.data(), columns.data() + columns.size(), width);
  return std::clamp<std::size_t>(width, narrowest, 1000);
}

} // namespace dualcam::crc
