#include "storage/overlap.hpp"

#include <iterator>

#include "dualcam/storage/file_record.hpp"

namespace dualcam {

Result<Place> find_from(const PartFile& part, const HeldData& held,
                        const std::deque<Place>& places) {
  Distinction distinction;
  auto end = held.bytes;
  for (auto place = places.rbegin(); place != places.rend(); ++place) {
    if (held.packets - place->packet >= 2 * longest_overlap) { // others lie between
      return place == places.rbegin() ? *place : *std::prev(place);
    }
    const auto read =
        part.read_each(place->offset, end, [&](Bytes block) { distinction.add(block); });
    if (!read) {
      return std::unexpected(read.error());
    }
    end = place->offset;
    if (held.bytes - end >= held.packet_size && distinction.is_enough()) {
      return *place;
    }
  }
  return places.empty() ? Place() : places.front();
}

} // namespace dualcam
