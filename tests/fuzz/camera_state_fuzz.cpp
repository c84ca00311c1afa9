// The state of a camera: any bytes, and any lines with the right check after each. What is read
// from it, written again, reads the same, and leads nowhere else.
#include <algorithm>
#include <cstdlib>
#include <string>

#include "dualcam/storage/file_record.hpp"
#include "storage/identity_text.hpp"

namespace {

using namespace dualcam;

constexpr std::uint64_t imei = 350612071913857;

void require(bool condition) {
  if (!condition) {
    std::abort();
  }
}

bool stays_below_its_folder(const std::filesystem::path& path) {
  return path.is_relative() && !path.empty() &&
         std::ranges::none_of(path, [](const auto& part) { return part == ".."; });
}

void try_state(std::string_view text) {
  const auto read = decode_camera_state(as_bytes(text), imei);
  require(read.parts.size() <= remembered_parts && read.records.size() <= remembered_files);
  const auto again = decode_camera_state(as_bytes(encode_camera_state(read)), imei);
  require(again.parts == read.parts && again.records.size() == read.records.size());
  for (const auto& part : read.parts) {
    require(stays_below_its_folder(part.path));
  }
  for (std::size_t i = 0; i < read.records.size(); ++i) {
    const auto& a = read.records[i];
    const auto& b = again.records[i];
    require(stays_below_its_folder(a.name) && stays_below_its_folder(a.part));
    require(a.id == b.id && a.name == b.name && a.part == b.part && a.data == b.data);
    require(a.tail == b.tail && a.named == b.named && a.said == b.said);
    require(same_file(a.identity, b.identity));
  }
}

/// Whatever it begins with, a summary that it ends in is found, and says the same.
void try_summary(std::string text) {
  const auto state = decode_camera_state(as_bytes(text), imei);
  const auto begin = text.size();
  text += encode_summary(state, begin, 7);
  const auto summary = find_summary(as_bytes(text), 0);
  require(summary && summary->begin == begin && summary->end == text.size());
  require(summary->shortest == 7);
  const auto recent = decode_camera_state(as_bytes(text).subspan(begin), imei);
  require(recent.parts == state.parts && recent.records.size() == state.records.size());
}

std::string with_checks(std::string_view text) {
  std::string result;
  while (!text.empty()) {
    const auto line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    result += checked(std::string(line)) + '\n';
  }
  return result;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  try_state(text);
  try_state(with_checks(text));
  try_summary(with_checks(text));
  return 0;
}
