// Everything that makes records: payloads of every family, messages, JSON, dumps, coordinates. A
// record's JSON is one line of printable ASCII, and reads back to the same record.
#include <cstdlib>

#include "common/coordinate.hpp"
#include "common/document.hpp"
#include "common/record_reader.hpp"
#include "dualcam/wire/hex_value.hpp"

namespace {

using namespace dualcam;

void require(bool holds) {
  if (!holds) {
    std::abort();
  }
}

void check(const Record& record) {
  const auto line = to_line(to_json(record));
  require(std::ranges::all_of(line, [](char c) { return c >= ' ' && c <= '~'; }));
  const auto document = parse_document(line);
  if (!document) { // a camera's own JSON, twice in it, may be longer than what is accepted
    require(record.raw.size() > longest_document / 8 || !record.document.is_null());
    return;
  }
  const auto again = read_document(*document, line, std::nullopt);
  require(again && again->has_value());
  require(to_line(to_json(**again)) == line || !record.document.is_null());
}

void check(const std::optional<Result<Record>>& record, std::size_t size) {
  if (record && *record) {
    check(**record);
  } else if (record) {
    require(record->error().offset <= size + 4);
  }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Bytes bytes(reinterpret_cast<const std::byte*>(data), size);
  check(read_single(bytes, std::nullopt), size);
  for (const auto camera : all_cameras) {
    check(std::optional(read_payload(bytes, camera)), size);
  }
  if (const auto document = parse_document(as_text(bytes))) {
    if (const auto record = read_document(*document, as_text(bytes), std::nullopt);
        record && *record) {
      check(**record);
    }
  }
  RecordCollector collector(
      std::nullopt, [](const Record& record) { check(record); },
      [&](const Error& error) { require(error.offset <= size + 4); });
  read_dump_bytes(bytes, collector);
  if (const auto hex_bytes = parse_hex(as_text(bytes))) {
    check(read_single(*hex_bytes, std::nullopt), size);
  }
  if (const auto converted = convert_line(as_text(bytes))) {
    const auto back = convert_line(*converted);
    require(back && convert_line(*back) == *converted);
  }
  return 0;
}
