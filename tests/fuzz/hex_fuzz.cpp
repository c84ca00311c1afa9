// The hex reader: the same bytes in whatever pieces the text comes, and not many more than the text
// has digits (but for lines that `*` repeats).
#include <algorithm>
#include <cstdlib>
#include <string>

#include "common/hex_reader.hpp"

namespace {

using namespace dualcam;

class Collector : public HexReader::Listener {
public:
  void bytes(Bytes bytes, bool other_side) override {
    total += bytes.size();
    if (text.size() < 1 << 20) {
      text += other_side ? '>' : ' ';
      text += as_text(bytes);
    }
  }
  void missing(std::uint64_t count, bool) override { text += '(' + std::to_string(count) + ')'; }
  void next_block() override { text += '|'; }

  std::string text;
  std::uint64_t total = 0;
};

/// Pieces of plain digits depend on how the text was cut, so only their bytes are compared.
std::string read(std::string_view text, std::size_t piece) {
  Collector collector;
  HexReader reader(collector);
  for (; !text.empty(); text.remove_prefix(std::min(piece, text.size()))) {
    reader.feed(text.substr(0, piece));
  }
  reader.finish();
  std::erase(collector.text, ' ');
  for (const auto& problem : reader.problems()) {
    collector.text += std::to_string(problem.line) + problem.what;
  }
  return collector.text + std::to_string(reader.lines_passed_over()) + ' ' +
         std::to_string(reader.problem_count());
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 1) {
    return 0;
  }
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  for (auto rest = text; (rest = rest.substr(std::min(rest.find('*'), rest.size()))).size() > 1;) {
    rest.remove_prefix(1);
    if (rest.find('\n') != std::string_view::npos) {
      return 0; // `*` may stand for a gigabyte
    }
  }
  if (read(text, text.size() + 1) != read(text, std::size_t{data[0]} + 1)) {
    std::abort();
  }
  return 0;
}
