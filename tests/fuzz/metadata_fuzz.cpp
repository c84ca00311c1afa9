// Metadata: what decodes encodes back to the same bytes.
#include <cstdlib>

#include "common/json.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace dualcam;
  const Bytes payload(reinterpret_cast<const std::byte*>(data), size);
  const auto metadata = decode_metadata(payload);
  if (!metadata) {
    return 0;
  }
  ByteBuffer encoded;
  encode_metadata(*metadata, encoded);
  if (!std::ranges::equal(encoded, payload)) {
    std::abort();
  }
  const auto line = to_line(metadata_record(*metadata, payload, 42));
  if (!std::ranges::all_of(line, [](char c) { return c >= ' ' && c <= '~'; })) {
    std::abort();
  }
  return 0;
}
