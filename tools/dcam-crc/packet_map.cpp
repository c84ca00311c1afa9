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

using States = std::vector<std::pair<std::uint32_t, Cell>>;

/// The numbers that came, in order, so that a transfer of 4 billion missing ones costs nothing.
States states_of(const CapturedTransfer& transfer) {
  States states;
  for (const auto& packet : transfer.packets) {
    states.emplace_back(packet.number, packet.verdict == DumpVerdict::good        ? Cell::good
                                       : packet.verdict == DumpVerdict::unchecked ? Cell::unchecked
                                                                                  : Cell::bad);
  }
  std::ranges::sort(states);
  std::size_t count = 0;
  for (const auto& [number, cell] : states) {
    if (count == 0 || states[count - 1].first != number) {
      states[count++] = {number, cell};
    } else if (states[count - 1].second == Cell::good) { // the best comes first
      states[count - 1].second = Cell::repeated;
    }
  }
  states.resize(count);
  return states;
}

/// The worst state from `first` to `last`.
Cell worst(const States& states, std::uint32_t first, std::uint32_t last) {
  auto cell = Cell::good;
  std::uint64_t count = 0;
  for (auto i = std::ranges::lower_bound(states, first, {}, &States::value_type::first);
       i != states.end() && i->first <= last; ++i, ++count) {
    cell = std::max(cell, i->second);
  }
  return count == std::uint64_t{last} - first + 1 ? cell : Cell::missing;
}

std::string painted(Cell cell, std::size_t count, bool color) {
  const auto& look = look_of(cell);
  const std::string text(count, look.sign);
  return color ? fmt::format("\x1b[{}m{}\x1b[0m", look.color, text) : text;
}

std::string legend(bool color, std::uint64_t packets_a_cell) {
  std::string text;
  for (std::size_t i = 0; i < looks.size(); ++i) {
    text += fmt::format("{}{} {}", i == 0 ? "" : "  ", painted(static_cast<Cell>(i), 1, color),
                        looks[i].name);
  }
  return packets_a_cell == 1
             ? text
             : text + fmt::format("  (a sign: {} packets, the worst of them)", packets_a_cell);
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
  std::uint32_t total = transfer.expected();
  for (const auto& packet : transfer.packets) {
    total = std::max(total, packet.number);
  }
  std::vector<std::string> lines;
  if (total == 0) {
    return lines;
  }
  const auto states = states_of(transfer);
  const auto label = std::to_string(total).size();
  const auto columns = std::max(width, narrowest) - label - 2;
  const auto cells = std::uint64_t{columns} * most_rows;
  const auto each = (std::uint64_t{total} + cells - 1) / cells;
  for (std::uint64_t row = 1; row <= total; row += columns * each) {
    auto line = fmt::format("{:>{}}  ", row, label);
    std::pair<Cell, std::size_t> run{Cell::good, 0};
    for (std::size_t column = 0; column < columns; ++column) {
      const auto first = row + column * each;
      if (first > total) {
        break;
      }
      const auto last = std::min<std::uint64_t>(first + each - 1, total);
      const auto cell =
          worst(states, static_cast<std::uint32_t>(first), static_cast<std::uint32_t>(last));
      if (cell != run.first) {
        line += run.second != 0 ? painted(run.first, run.second, color) : "";
        run = {cell, 0};
      }
      ++run.second;
    }
    lines.push_back(line + painted(run.first, run.second, color));
  }
  for (auto& line : wrapped(legend(color, each), std::max(width, narrowest))) {
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
