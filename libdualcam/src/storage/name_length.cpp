#include "dualcam/storage/name_length.hpp"

namespace dualcam {

std::string cut_name(std::string name, std::size_t longest) {
  constexpr std::size_t most_inside = 3; // bytes of a character after its first; more are no UTF-8
  if (name.size() > longest) {
    auto end = longest;
    while (end > 0 && longest - end < most_inside &&
           (static_cast<unsigned char>(name[end]) & 0xC0) == 0x80) {
      --end;
    }
    name.resize(end);
  }
  return name;
}

} // namespace dualcam
