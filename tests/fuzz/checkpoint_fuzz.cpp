// The checkpoint file: any bytes. What is read from it, written again, reads the same.
#include <cstdlib>
#include <string>

#include "dualcam/storage/checkpoint.hpp"

namespace {

using namespace dualcam;

void require(bool condition) {
  if (!condition) {
    std::abort();
  }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto read = decode_checkpoint(Bytes(reinterpret_cast<const std::byte*>(data), size));
  if (!read) {
    return 0;
  }
  const auto header = checkpoint_header(read->identity);
  auto text = header;
  for (const auto& held : read->held) {
    text += held_line(held.value_or(HeldData()), header);
    require(!held || held->packets <= read->identity.packets);
  }
  text += read->replaced ? replaced_line(header) : "";
  const bool is_compared = !read->replaced && read->compared_of > 0;
  text += is_compared ? compared_line(read->compared, read->compared_of, header) : "";
  const auto again = decode_checkpoint(as_bytes(text));
  require(again && again->replaced == read->replaced);
  require(!is_compared ||
          (again->compared == read->compared && again->compared_of == read->compared_of));
  require(again->held[0] == read->held[0].value_or(HeldData()));
  require(again->held[1] == read->held[1].value_or(HeldData()));
  require(same_file(again->identity, read->identity));
  return 0;
}
