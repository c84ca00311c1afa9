#include "dcam-convert/live_heads.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace dualcam::convert {

void LiveHeads::add(const PtmfPicture& picture) {
  const auto head = head_of(picture);
  const auto size = confirmed_size(picture);
  first_size_ = first_size_ ? first_size_ : size;
  if (heads_.size() == most_kept) {
    heads_.pop_front();
  }
  heads_.push_back({.offset = picture.payload_offset,
                    .picture_size = static_cast<std::uint32_t>(picture.payload.size()),
                    .bytes = {head.begin(), head.end()},
                    .damaged = picture.damaged_head != 0,
                    .resized = size && size != first_size_,
                    .codec = picture.codec,
                    .sets = parameter_sets_of(head, picture.codec)});
}

bool LiveHeads::waits(std::uint64_t offset) const {
  const auto head = find(offset);
  const auto sound = [](const Head& other) { return !other.damaged; };
  if (head == heads_.end() || std::any_of(head + 1, heads_.end(), sound)) {
    return false;
  }
  const auto before = std::find_if(std::make_reverse_iterator(head), heads_.rend(),
                                   [](const Head& one) { return !one.damaged && !one.replaced; });
  const bool is_first = before == heads_.rend(); // of those that are sound, if it is
  const bool differs = !is_first && !head->resized && head->sets.units != before->sets.units;
  return head->damaged ? is_first : differs;
}

std::optional<LiveHeads::Mended> LiveHeads::mend(std::uint64_t offset,
                                                 std::vector<PtmfDamage>& damage) {
  const auto head = std::ranges::find(heads_, offset, &Head::offset);
  if (head == heads_.end()) {
    return Mended{}; // so many are damaged that it is forgotten
  }
  HeadMender mender;
  std::vector<ClipPicture> pictures;
  for (const auto& one : heads_) {
    mender.add(one.offset, one.bytes, one.damaged, one.codec, one.resized);
    pictures.push_back({.key = true,
                        .number = std::ssize(pictures),
                        .time = 0,
                        .offset = one.offset,
                        .size = one.picture_size});
  }
  for (auto& one : mender.mend(pictures)) {
    const auto damaged = std::ranges::find(heads_, one.offset, &Head::offset);
    if (damaged <= head && !std::exchange(damaged->told, true)) {
      damage.push_back(std::move(one));
    }
  }
  const auto picture = std::ranges::find(pictures, head - heads_.begin(), &ClipPicture::number);
  if (picture == pictures.end()) {
    return Mended{};
  }
  if (picture->sets_size == 0) {
    return std::nullopt;
  }
  const auto donor = std::ranges::find_if(heads_, [&](const Head& one) {
    return picture->sets_offset - one.offset < one.bytes.size();
  });
  const auto sets =
      Bytes(donor->bytes).subspan(picture->sets_offset - donor->offset, picture->sets_size);
  head->replaced = true;
  return Mended{.sets = {sets.begin(), sets.end()}, .head_size = head->bytes.size()};
}

} // namespace dualcam::convert
