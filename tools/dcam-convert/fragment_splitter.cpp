#include "dcam-convert/fragment_splitter.hpp"

#include <algorithm>
#include <utility>

#include "dcam-convert/mp4_boxes.hpp"
#include "dcam-convert/mp4_index.hpp"
#include "dualcam/wire/fields.hpp"

namespace dualcam::convert {
namespace {

constexpr std::size_t short_box_head = 8;
constexpr std::size_t long_box_head = 16;
constexpr std::uint64_t no_place_to_begin = 0x10000; // of a sample's flags

std::uint64_t flags_of(Bytes full_box) { return number_be(full_box, 1, 3); }

/// The fields of a box that are there or not, as its flags have it.
class Fields {
public:
  Fields(Bytes box, std::size_t begin) : box_(box), at_(begin), flags_(flags_of(box)) {}

  std::optional<std::uint64_t> take(std::uint64_t flag, std::size_t size) {
    if ((flags_ & flag) == 0) {
      return std::nullopt;
    }
    at_ += size;
    return number_be(box_, at_ - size, size);
  }

private:
  Bytes box_;
  std::size_t at_;
  std::uint64_t flags_;
};

} // namespace

std::optional<FragmentPiece> FragmentSplitter::next() {
  if (data_left_ != 0) {
    const auto piece = input_.first(std::min<std::uint64_t>(data_left_, input_.size()));
    data_left_ -= piece.size();
    input_ = input_.subspan(piece.size());
    return piece.empty() ? std::nullopt
                         : std::optional(FragmentPiece{.type = "mdat", .bytes = piece});
  }
  if (!hold(short_box_head) || (number_be(held_, 0, 4) == 1 && !hold(long_box_head))) {
    return std::nullopt;
  }
  const auto head = mp4_box_head(held_, 0);
  const bool is_data = head.type == "mdat";
  if (!head.is_plausible() || (!is_data && head.length > largest_mp4_index)) {
    broken_ = true;
    return std::nullopt;
  }
  if (!hold(is_data ? head.size : head.length)) {
    return std::nullopt;
  }
  data_left_ = is_data ? head.length - head.size : 0;
  box_ = std::exchange(held_, {});
  FragmentPiece piece{.type = head.type, .bytes = box_, .is_head = is_data};
  if (head.type == "moov") {
    take_head(Bytes(box_).subspan(head.size));
  } else if (head.type == "moof") {
    piece.facts = facts_of(Bytes(box_).subspan(head.size));
  }
  return piece;
}

/// Whether `size` bytes of a box have come.
bool FragmentSplitter::hold(std::uint64_t size) {
  const auto missing = size - std::min<std::uint64_t>(size, held_.size());
  const auto piece = input_.first(std::min<std::uint64_t>(missing, input_.size()));
  append(held_, piece);
  input_ = input_.subspan(piece.size());
  return held_.size() >= size;
}

void FragmentSplitter::take_head(Bytes movie) {
  has_head_ = true;
  track_ = 0;
  defaults_.clear();
  for (const auto& box : mp4_boxes(movie)) {
    const auto media = box.type == "trak" ? find_mp4_box(box.content, "mdia") : Bytes();
    const auto handler = find_mp4_box(media, "hdlr");
    if (track_ != 0 || handler.size() < 12 || as_text(handler.subspan(8, 4)) != "vide") {
      continue;
    }
    const auto header = find_mp4_box(box.content, "tkhd");
    const auto times = find_mp4_box(media, "mdhd");
    track_ = number_be(header, number_be(header, 0, 1) == 1 ? 20 : 12, 4);
    const auto described = find_mp4_box(find_mp4_box(media, {"minf", "stbl"}), "stsd");
    const auto entries = mp4_boxes(described.subspan(std::min<std::size_t>(8, described.size())));
    const auto entry = entries.empty() ? Bytes() : entries.front().whole;
    entry_.assign(entry.begin(), entry.end());
    scale_ = std::max<std::uint64_t>(number_be(times, number_be(times, 0, 1) == 1 ? 20 : 12, 4), 1);
  }
  for (const auto& box : mp4_boxes(find_mp4_box(movie, "mvex"))) {
    if (box.type == "trex") {
      defaults_[number_be(box.content, 4, 4)] = {.duration = number_be(box.content, 12, 4),
                                                 .flags = number_be(box.content, 20, 4)};
    }
  }
}

std::optional<FragmentFacts> FragmentSplitter::facts_of(Bytes fragment) const {
  for (const auto& box : mp4_boxes(fragment)) {
    const auto header = box.type == "traf" ? find_mp4_box(box.content, "tfhd") : Bytes();
    if (header.empty() || number_be(header, 4, 4) != track_) {
      continue;
    }
    const auto known = defaults_.find(track_);
    auto defaults = known != defaults_.end() ? known->second : Defaults{};
    Fields fields(header, 8);
    fields.take(0x1, 8); // where the data begins
    fields.take(0x2, 4); // which description
    defaults.duration = fields.take(0x8, 4).value_or(defaults.duration);
    fields.take(0x10, 4); // size
    defaults.flags = fields.take(0x20, 4).value_or(defaults.flags);
    const auto time = find_mp4_box(box.content, "tfdt");
    const auto begin = number_be(time, 4, number_be(time, 0, 1) == 1 ? 8 : 4);
    FragmentFacts facts{.begin = static_cast<double>(begin) / static_cast<double>(scale_)};
    std::uint64_t duration = 0;
    for (const auto& run : mp4_boxes(box.content)) {
      if (run.type == "trun") {
        duration += add_run(run.content, defaults, facts);
      }
    }
    facts.duration = static_cast<double>(duration) / static_cast<double>(scale_);
    return facts.pictures != 0 ? std::optional(facts) : std::nullopt;
  }
  return std::nullopt;
}

/// How long its pictures last.
std::uint64_t FragmentSplitter::add_run(Bytes run, const Defaults& defaults, FragmentFacts& facts) {
  Fields fields(run, 8);
  fields.take(0x1, 4); // where the data begins
  auto first_flags = fields.take(0x4, 4);
  std::uint64_t duration = 0;
  const auto count = std::min<std::uint64_t>(number_be(run, 4, 4), run.size());
  for (std::uint64_t i = 0; i < count; ++i) {
    duration += fields.take(0x100, 4).value_or(defaults.duration);
    fields.take(0x200, 4); // size
    const auto own_flags = fields.take(0x400, 4).value_or(defaults.flags);
    const auto flags = std::exchange(first_flags, std::nullopt).value_or(own_flags);
    facts.key = facts.pictures == 0 ? (flags & no_place_to_begin) == 0 : facts.key;
    fields.take(0x800, 4); // shown later by
    ++facts.pictures;
  }
  return duration;
}

} // namespace dualcam::convert
