// What a PtmfReader said, kept beyond its next word.
#pragma once

#include <cstdint>
#include <type_traits>

#include "dualcam/media/ptmf.hpp"

namespace dualcam::convert {

/// An event whose bytes are its own. `number`: of a chunk among those of its track, lost ones too.
class KeptEvent {
public:
  KeptEvent(const PtmfEvent& event, std::int64_t number) : event_(event), number_(number) {
    std::visit([this](auto& alternative) { keep_bytes(alternative); }, event_);
  }
  KeptEvent(const KeptEvent&) = delete;
  KeptEvent& operator=(const KeptEvent&) = delete;

  const PtmfEvent& event() const { return event_; }
  std::int64_t number() const { return number_; }
  std::size_t size() const { return sizeof(*this) + bytes_.size(); }

private:
  template <class Alternative> void keep_bytes(Alternative& alternative) {
    if constexpr (std::is_same_v<Alternative, PtmfPicture>) {
      keep(alternative.payload);
    } else if constexpr (std::is_same_v<Alternative, PtmfSound>) {
      keep(alternative.a_law);
    }
  }
  void keep(Bytes& bytes) {
    bytes_.assign(bytes.begin(), bytes.end());
    bytes = bytes_;
  }

  PtmfEvent event_;
  std::int64_t number_;
  ByteBuffer bytes_;
};

} // namespace dualcam::convert
