// PROXY headers: whatever comes, nothing beyond it is looked at, and less of it never says
// something else.
#include <cstdlib>

#include "common/proxy_header.hpp"

namespace {

using dualcam::parse_proxy_header;

bool is_consistent(dualcam::Bytes bytes) {
  const auto whole = parse_proxy_header(bytes);
  if (whole && *whole && (**whole).size > bytes.size()) {
    return false;
  }
  const bool is_header = whole && *whole;
  const auto end = is_header ? (**whole).size : bytes.size();
  for (std::size_t size = 0; size < end; ++size) {
    const auto part = parse_proxy_header(bytes.first(size));
    if (is_header ? !part || *part : part && *part) {
      return false;
    }
  }
  return whole || whole.error().offset <= bytes.size();
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto bytes = dualcam::Bytes(reinterpret_cast<const std::byte*>(data), size);
  if (!is_consistent(bytes.first(std::min<std::size_t>(size, 512)))) {
    std::abort();
  }
  return 0;
}
