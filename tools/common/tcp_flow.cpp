#include "common/tcp_flow.hpp"

#include <algorithm>

namespace dualcam::inline tools {
namespace {

// How long later segments wait for an earlier one. A capture may have segments out of order, but
// not by much; a receiver's acknowledgement shows that the capture has lost one.
constexpr std::size_t most_held = 512;
constexpr std::size_t most_held_in_flow = 4 << 20;
constexpr std::size_t most_gaps = 64;    ///< that are known, the last ones of a flow
constexpr std::size_t segment_cost = 96; ///< beside its bytes
constexpr std::size_t held_if_acknowledged = 16;
constexpr std::size_t held_at_start = 4;         ///< without a SYN the first may not be the first
constexpr std::int32_t most_in_flight = 1 << 20; ///< bytes

/// How far `a` is behind `b`; sequence numbers wrap.
std::int32_t distance(std::uint32_t a, std::uint32_t b) { return static_cast<std::int32_t>(a - b); }

/// Behind its last byte.
std::uint32_t end_of(const TcpSegment& segment) {
  return segment.sequence + static_cast<std::uint32_t>(segment.length);
}

} // namespace

void TcpFlow::add(const TcpSegment& segment, const Deliver& deliver) {
  if (segment.syn && !next_) {
    end_.reset(); // of the connection before
    start_at(segment.sequence + 1);
  }
  if (is_keep_alive(segment)) {
    return;
  }
  const auto sequence = segment.sequence + (segment.syn ? 1 : 0);
  if (segment.fin && !(next_ && !is_long_ && distance(end_of(segment), *next_) < 0)) {
    end_ = end_of(segment); // otherwise it is of an earlier connection between the same ports
  }
  const bool last_is_missing = segment.fin && next_ && distance(sequence, *next_) > 0;
  if (segment.length == 0 && !last_is_missing) {
    return;
  }
  if (next_ && distance(sequence, *next_) <= 0 && held_.empty()) { // nearly always
    take(sequence, segment.payload, segment.length, deliver);
  } else if (!next_ || distance(sequence, *next_) > 0 ||
             distance(sequence + static_cast<std::uint32_t>(segment.length), *next_) > 0) {
    hold(sequence, segment);
  } else {
    differing_ += differs(sequence, segment.payload) ? 1 : 0;
  }
  if (!next_ && (held_.size() >= held_at_start || first_is_acknowledged())) {
    start_at(held_.front().sequence);
  }
  release(deliver);
  while (!held_.empty() && next_ && waits_too_long()) {
    skip_gap(deliver);
  }
}

bool TcpFlow::is_late(const TcpSegment& segment) {
  if (!gaps_ || distance(segment.sequence, *next_) >= 0) {
    return false;
  }
  const auto count = gaps_->size();
  const auto end = segment.sequence + static_cast<std::uint32_t>(segment.payload.size());
  bool late = false;
  for (std::size_t i = 0; i < count; ++i) {
    const auto [from, to] = gaps_->at(i);
    if (distance(segment.sequence, to) >= 0 || distance(end, from) <= 0) {
      continue;
    }
    late = true;
    gaps_->at(i).second = distance(segment.sequence, from) > 0 ? segment.sequence : from;
    if (distance(end, to) < 0) {
      gaps_->emplace_back(end, to);
    }
  }
  std::erase_if(*gaps_, [](const auto& gap) { return gap.first == gap.second; });
  return late;
}

bool TcpFlow::differs(const TcpSegment& segment) {
  return next_ && distance(segment.sequence, *next_) < 0 &&
         differs(segment.sequence, segment.payload);
}

/// Bytes from `sequence` on, which is not behind what comes next; a single one may be a
/// keep-alive's, which is anything.
bool TcpFlow::differs(std::uint32_t sequence, Bytes bytes) {
  const auto behind = *next_ - sequence;
  const auto again = bytes.first(std::min<std::size_t>(behind, bytes.size()));
  return trace_ && bytes.size() > 1 && behind <= trace_->size() &&
         trace_->differs(trace_->size() - behind, again);
}

bool TcpFlow::goes_on(const TcpSegment& segment) const {
  return segment.length != 0 && next_ && distance(end_of(segment), *next_) > 0 &&
         !is_keep_alive(segment);
}

bool TcpFlow::is_far(const TcpSegment& segment) const {
  const auto behind = next_ ? distance(segment.sequence, *next_) : 0;
  return !is_long_ && (behind > most_in_flight || behind < -most_in_flight);
}

void TcpFlow::acknowledged(std::uint32_t number, const Deliver& deliver) {
  acknowledged_ = number;
  if (!next_ && !held_.empty() && first_is_acknowledged()) {
    start_at(held_.front().sequence);
    release(deliver);
  }
}

void TcpFlow::flush(const Deliver& deliver) {
  while (!held_.empty()) {
    if (!next_) {
      start_at(held_.front().sequence);
    }
    release(deliver);
    if (!held_.empty()) {
      skip_gap(deliver);
    }
  }
}

std::size_t TcpFlow::held_bytes() const { return held_bytes_ + held_.size() * segment_cost; }

bool TcpFlow::is_own_syn(std::uint32_t sequence) const {
  return first_ ? *first_ == sequence + 1 && next_ == first_ : held_.empty();
}

bool TcpFlow::is_of_another(const TcpSegment& segment, bool over) const {
  if (segment.length == 0 || !first_ || is_long_) {
    return false;
  }
  const bool is_behind_fin = end_ == next_ && distance(end_of(segment), *next_) > 0;
  const bool is_behind_reset =
      reset_ && distance(end_of(segment), *reset_) > 0 && goes_on(segment) && !is_next(segment);
  if ((is_behind_fin && !is_keep_alive(segment)) || is_behind_reset) {
    return true; // nothing comes behind a FIN, or a RST of this side
  }
  const auto before = distance(segment.sequence, *first_);
  if (!over) {
    return before < -most_in_flight;
  }
  const bool begins_anew = before == 0 && distance(end_of(segment), *next_) < 0;
  return before < 0 || begins_anew || distance(segment.sequence, *next_) > most_in_flight;
}

bool TcpFlow::may_be_acknowledged(std::uint32_t number, bool over) const {
  constexpr std::int32_t most_lost = 64 << 20; // in one piece
  const auto near = [&](std::uint32_t from, std::uint32_t to) {
    return distance(number, from) >= -most_in_flight &&
           distance(number, to) <= (over ? most_in_flight : most_lost);
  };
  return is_long_ || (!next_ && !acknowledged_) || (next_ && near(*first_, *next_)) ||
         (acknowledged_ && near(*acknowledged_, *acknowledged_));
}

bool TcpFlow::may_have_begun_with(std::uint32_t number) const {
  return next_ == first_ || (distance(number, *first_) >= 0 && distance(number, *next_) <= 0);
}

/// One byte in the FIN's own place, which is none of the stream.
bool TcpFlow::is_keep_alive(const TcpSegment& segment) const {
  return next_ && end_ == next_ && segment.length == 1 && segment.sequence == *end_;
}

/// They have been delivered.
void TcpFlow::remember(Bytes bytes) {
  constexpr std::size_t much = 64;
  const auto before = *next_ - *first_;
  if (!trace_ && bytes.size() >= much && !is_long_) {
    trace_ = std::make_unique<ContentTrace>();
    trace_->skip(before);
  }
  if (trace_) {
    trace_->add(bytes);
  }
}

void TcpFlow::start_at(std::uint32_t sequence) {
  first_ = sequence;
  next_ = sequence;
  if (end_ && distance(*end_, sequence) < 0) {
    end_.reset();
  }
}

void TcpFlow::take(std::uint32_t sequence, Bytes bytes, std::size_t length,
                   const Deliver& deliver) {
  const auto old = static_cast<std::size_t>(distance(*next_, sequence));
  differing_ += differs(sequence, bytes) ? 1 : 0;
  if (old >= length) {
    return; // a retransmission
  }
  const auto fresh = bytes.subspan(std::min(old, bytes.size()));
  if (!fresh.empty()) {
    deliver(fresh, 0);
  }
  remember(fresh);
  const auto cut = length - old - fresh.size(); // by the snapshot length
  if (cut != 0) {
    deliver({}, cut);
    if (trace_) {
      trace_->skip(static_cast<std::uint32_t>(cut));
    }
  }
  next_ = sequence + static_cast<std::uint32_t>(length);
  if (end_ && distance(*next_, *end_) > 0) {
    end_.reset(); // that FIN was another connection's
  }
  is_long_ = is_long_ || *next_ - *first_ > 1U << 30;
  if (is_long_) {
    forget();
  }
}

void TcpFlow::hold(std::uint32_t sequence, const TcpSegment& segment) {
  const auto place = std::ranges::find_if(
      held_, [&](const Held& held) { return distance(held.sequence, sequence) > 0; });
  held_.insert(place, {sequence, {segment.payload.begin(), segment.payload.end()}, segment.length});
  held_bytes_ += segment.payload.size();
}

void TcpFlow::release(const Deliver& deliver) {
  std::size_t count = 0;
  for (; next_ && count < held_.size() && distance(held_[count].sequence, *next_) <= 0; ++count) {
    take(held_[count].sequence, held_[count].bytes, held_[count].length, deliver);
    held_bytes_ -= held_[count].bytes.size();
  }
  held_.erase(held_.begin(), held_.begin() + static_cast<std::ptrdiff_t>(count));
}

bool TcpFlow::first_is_acknowledged() const {
  const auto& first = held_.front();
  const auto end = first.sequence + static_cast<std::uint32_t>(first.length);
  return acknowledged_ && distance(*acknowledged_, end) >= 0;
}

bool TcpFlow::waits_too_long() const {
  const bool acknowledged = acknowledged_ && distance(*acknowledged_, held_.front().sequence) >= 0;
  return held_.size() >= (acknowledged ? held_if_acknowledged : most_held) ||
         held_bytes_ > most_held_in_flow;
}

void TcpFlow::skip_gap(const Deliver& deliver) {
  const auto gap = static_cast<std::uint32_t>(held_.front().sequence - *next_);
  if (!gaps_) {
    gaps_ = std::make_unique<Gaps>();
  }
  gaps_->emplace_back(*next_, held_.front().sequence);
  if (gaps_->size() > most_gaps) {
    gaps_->erase(gaps_->begin());
  }
  next_ = held_.front().sequence;
  deliver({}, gap);
  if (trace_) {
    trace_->skip(gap);
  }
  release(deliver);
}

} // namespace dualcam::inline tools
