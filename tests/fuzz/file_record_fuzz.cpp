// A file record: any bytes, and any lines with the right check after them. What is read from it,
// written again, reads the same, and leads nowhere else.
#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "dualcam/storage/file_record.hpp"
#include "dualcam/wire/crc64.hpp"

namespace {

using namespace dualcam;

void require(bool condition) {
  if (!condition) {
    std::abort();
  }
}

bool stays_below_its_folder(const std::filesystem::path& path) {
  return path.is_relative() && !path.empty() &&
         std::ranges::none_of(path, [](const auto& part) { return part == ".."; });
}

void try_record(std::string_view text) {
  const auto read = decode_file_record(as_bytes(text));
  if (!read) {
    return;
  }
  require(stays_below_its_folder(read->name) && stays_below_its_folder(read->part));
  auto written = encode_file_record(*read);
  written += read->named ? named_line : "";
  written += read->said ? said_line : "";
  const auto again = decode_file_record(as_bytes(written));
  require(again && again->named == read->named && again->said == read->said);
  require(again->name == read->name && again->part == read->part);
  require(again->data == read->data && again->tail == read->tail);
  require(same_file(again->identity, read->identity));
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  try_record(text);
  std::array<char, 32> check{};
  std::snprintf(check.data(), check.size(), "check %016llx\n",
                static_cast<unsigned long long>(crc64(as_bytes(text))));
  try_record(std::string(text) + check.data() + "named\nsaid\n");
  return 0;
}
