#include "dualcam/files/geometry.hpp"

#include <algorithm>

namespace dualcam {

Geometry::Geometry(const FileRef& file, std::uint32_t announced, bool in_packets)
    : by_kind_(file.kind().has_value()), in_packets_(by_kind_ || in_packets),
      announced_(announced) {}

bool Geometry::has(std::uint32_t number) const {
  return place_of(number) < announced_ || (!in_packets_ && announced_ < only_in_bytes);
}

std::uint64_t Geometry::place_of(std::uint32_t number) const {
  return in_packets_ ? std::max(number, std::uint32_t{1}) - 1 : number;
}

std::string Geometry::text_of(std::uint32_t number) const {
  return (in_packets_ ? "packet " : "byte ") + std::to_string(number);
}

std::uint32_t Geometry::highest_sync(std::uint64_t place) const {
  return std::max(number_of(place), std::uint32_t{place == 0});
}

std::uint64_t Geometry::synchronise(std::uint32_t number) {
  in_packets_ = in_packets_ || (number == 1 && last().place == 0);
  return place_of(number);
}

bool Geometry::admit(std::uint64_t place, std::size_t size) {
  const auto end = behind(place, size);
  if (in_packets_ || end <= announced_) {
    return end <= announced_;
  }
  const bool is_full = size > 0 && size >= packet_size_;
  start_in_packets_ = start_in_packets_ || (is_full && announced_ < only_in_bytes);
  const auto packet = std::max(packet_size_, size);
  return start_in_packets_ && end <= std::uint64_t{announced_} * packet;
}

bool Geometry::may_go_on() const {
  return !in_packets_ && !start_in_packets_ && announced_ < only_in_bytes && count_ > 0 &&
         last_size_ == packet_size_ && ends_at(last().place);
}

void Geometry::begin_at(const Mark& mark) {
  count_ = 0;
  last_ = mark;
  marks_.clear();
  start_in_packets_ = !in_packets_ && mark.place >= announced_; // so much has come already
}

void Geometry::came(std::size_t size, std::uint16_t crc) {
  if (marks_.size() < most_marks) {
    marks_.push_back(last_);
  } else {
    marks_[count_ % most_marks] = last_;
  }
  ++count_;
  last_ = {behind(last_.place, size), last_.offset + size, crc};
  packet_size_ = std::max(packet_size_, size);
  last_size_ = size;
}

std::optional<Geometry::Mark> Geometry::at(std::uint64_t place) const {
  if (place == last_.place) {
    return last_;
  }
  const auto found = std::ranges::find(marks_, place, &Mark::place);
  return found != marks_.end() ? std::optional(*found) : std::nullopt;
}

std::optional<Geometry::Mark> Geometry::before_last() const {
  return count_ > 0 ? std::optional(marks_[(count_ - 1) % most_marks]) : std::nullopt;
}

std::uint64_t Geometry::expected_size() const {
  const auto packet = packet_size_ != 0 ? packet_size_ : full_packet;
  return in_packets_ || start_in_packets_ ? announced_ * std::uint64_t{packet} : announced_;
}

} // namespace dualcam
