#include "dcam-serve/progress_lines.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "common/counted.hpp"
#include "common/progress_meter.hpp"
#include "common/standard_streams.hpp"

namespace dualcam::serve {
namespace {

/// Short enough for a line of 80 columns that says more.
std::string briefly(const FileFacts& facts) {
  const auto imei = format_imei(facts.imei);
  if (facts.file.kind()) {
    return fmt::format("{} {}", imei, facts.file.label());
  }
  const auto camera = facts.camera();
  const auto kind = facts.kind();
  return fmt::format("{} {} {}", imei, camera ? description_of(*camera) : "unknown",
                     kind.empty() ? "file" : kind);
}

double share_done(const Transfer& transfer) {
  const auto expected = transfer.expected_bytes();
  return expected == 0 ? 0 : static_cast<double>(transfer.bytes()) / static_cast<double>(expected);
}

std::string line_for(const Transfer& transfer, std::size_t columns) {
  return progress_text(briefly(transfer.facts()), transfer.bytes(), transfer.expected_bytes(),
                       transfer.rate(), columns);
}

std::string sum_line(std::span<const Transfer* const> transfers, std::size_t columns) {
  std::uint64_t bytes = 0;
  std::uint64_t expected = 0;
  double rate = 0;
  for (const auto* transfer : transfers) {
    bytes += transfer->bytes();
    expected += transfer->expected_bytes();
    rate += transfer->rate();
  }
  return progress_text(counted(transfers.size(), "camera"), bytes, expected, rate, columns);
}

} // namespace

std::vector<std::string> progress_lines(std::span<const Transfer* const> transfers) {
  const auto columns = Console::columns();
  if (transfers.size() == 1) {
    return {line_for(*transfers.front(), columns)};
  }
  constexpr std::size_t besides = 2; // the sum, and a line of what was said before
  const auto rows = Console::rows();
  std::vector first(transfers.begin(), transfers.end());
  const auto shown = std::min(first.size(), rows - std::min(rows, besides));
  std::ranges::partial_sort(first, first.begin() + static_cast<std::ptrdiff_t>(shown), {},
                            [](const Transfer* transfer) {
                              return std::pair(-share_done(*transfer), transfer->facts().imei);
                            });
  std::vector<std::string> lines;
  for (const auto* transfer : std::span(first).first(shown)) {
    lines.push_back(line_for(*transfer, columns));
  }
  lines.push_back(sum_line(transfers, columns));
  return lines;
}

} // namespace dualcam::serve
