#include <algorithm>
#include <functional>

#include "dualcam/media/ptmf.hpp"

namespace dualcam {
namespace {

/// More chunks a second than any track has, and a margin: a jump of the sequence numbers beyond
/// that is a damaged number, not a gap.
constexpr std::uint64_t shortest_period = 5000;
constexpr std::uint64_t credible_gap = 200;

constexpr std::size_t most_remembered = 4096;

constexpr std::uint64_t sound_period = 40'000;
constexpr unsigned usual_frame_rate = 25;
constexpr std::uint64_t longest_delay = 1'000'000;

std::size_t hash_of(Bytes chunk) { return std::hash<std::string_view>{}(as_text(chunk)); }

std::uint64_t period_of(const PtmfHeader& header) {
  const unsigned rate = header.format.frame_rate;
  return header.kind == PtmfKind::sound ? sound_period
                                        : 1'000'000 / (rate != 0 ? rate : usual_frame_rate);
}

} // namespace

/// After a number that jumped, the next one tells whether it was damaged or numbers go on from it.
std::int32_t PtmfReader::Track::distance_to(const PtmfHeader& header) const {
  const auto from_expected = static_cast<std::int32_t>(header.sequence - expected_);
  const auto from_previous = static_cast<std::int32_t>(header.sequence - previous_ - 1);
  const bool goes_on = header.time > time_ && from_previous >= 0 &&
                       (from_expected < 0 || from_previous < from_expected);
  return goes_on ? from_previous : from_expected;
}

/// Number and time vouch for each other: a number alone that jumps is damaged itself.
PtmfReader::Order PtmfReader::Track::order_of(const PtmfHeader& header, Bytes chunk) const {
  const bool later = header.time > time_;
  const auto distance = distance_to(header);
  if (!started_ || distance == 0) {
    return Order::expected;
  }
  if (distance < 0) {
    return later ? Order::wrong_number : order_of_earlier(header, chunk);
  }
  const auto elapsed = later ? header.time - time_ : 0;
  const auto credible = credible_gap + elapsed / shortest_period;
  return static_cast<std::uint64_t>(distance) <= credible ? Order::after_gap : Order::wrong_number;
}

/// Number and time have both been. That is a repeat, a chunk out of place, or another recording.
PtmfReader::Order PtmfReader::Track::order_of_earlier(const PtmfHeader& header, Bytes chunk) const {
  const auto* known = seen(header.sequence);
  if (known != nullptr ? known->hash == hash_of(chunk) : fits_its_place(header)) {
    return Order::late;
  }
  const bool follows_stray = stray_ && header.sequence == stray_->sequence + 1 &&
                             header.time > stray_->time &&
                             header.time - stray_->time <= longest_delay;
  return header.kind == PtmfKind::key_picture || follows_stray ? Order::restart : Order::late;
}

/// Whether the chunk is as much earlier than the latest one as their numbers say.
bool PtmfReader::Track::fits_its_place(const PtmfHeader& header) const {
  const auto earlier = time_ - header.time;
  const auto by_number = (previous_ - header.sequence) * period_of(header);
  return earlier <= by_number + longest_delay && by_number <= earlier + longest_delay;
}

const PtmfReader::Track::Seen* PtmfReader::Track::seen(std::uint32_t sequence) const {
  const auto place = sequence % most_remembered;
  const bool known = place < seen_.size() && seen_[place] && seen_[place]->sequence == sequence;
  return known ? &*seen_[place] : nullptr;
}

void PtmfReader::Track::take(const PtmfHeader& header, Bytes chunk, Order order) {
  const Seen now{header.sequence, hash_of(chunk)};
  const auto* known = seen(header.sequence);
  const bool repeats = known != nullptr && known->hash == now.hash;
  stray_.reset();
  if (order == Order::late && !repeats) {
    stray_ = {header.sequence, header.time};
  }
  if (known == nullptr || order != Order::late) {
    const auto place = header.sequence % most_remembered;
    seen_.resize(std::max<std::size_t>(seen_.size(), place + 1));
    seen_[place] = now;
  }
  if (order != Order::late) {
    expected_ = (order == Order::wrong_number ? expected_ : header.sequence) + 1;
    previous_ = header.sequence;
    time_ = header.time;
    started_ = true;
  }
}

} // namespace dualcam
