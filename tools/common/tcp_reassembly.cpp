#include "common/tcp_reassembly.hpp"

#include <algorithm>
#include <optional>
#include <utility>

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

/// One direction.
class Flow {
public:
  using Deliver = std::function<void(Bytes, std::uint64_t missing)>;

  void add(const TcpSegment& segment, const Deliver& deliver) {
    if (segment.syn && !next_) {
      start_at(segment.sequence + 1);
    }
    const auto sequence = segment.sequence + (segment.syn ? 1 : 0);
    if (segment.fin && first_ && !is_long_ && distance(sequence, *first_) < 0) {
      return; // of an earlier connection between the same ports
    }
    finished_ = finished_ || segment.fin;
    const bool last_is_missing = segment.fin && next_ && distance(sequence, *next_) > 0;
    if (segment.length == 0 && !last_is_missing) {
      return;
    }
    if (next_ && distance(sequence, *next_) <= 0 && held_.empty()) { // nearly always
      take(sequence, segment.payload, segment.length, deliver);
    } else if (!next_ || distance(sequence, *next_) > 0 ||
               distance(sequence + static_cast<std::uint32_t>(segment.length), *next_) > 0) {
      hold(sequence, segment);
    }
    if (!next_ && (held_.size() >= held_at_start || first_is_acknowledged())) {
      start_at(held_.front().sequence);
    }
    release(deliver);
    while (!held_.empty() && next_ && waits_too_long()) {
      skip_gap(deliver);
    }
  }

  /// Whether it brings something that has been taken as lost. Of what it brings that is told once.
  bool is_late(const TcpSegment& segment) {
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

  /// A RST that lies far from what it is to end, as somebody sends who does not know the numbers:
  /// the receiver ignores it.
  bool is_far(const TcpSegment& segment) const {
    return next_ && !is_long_ && std::abs(distance(segment.sequence, *next_)) > most_in_flight;
  }

  /// The other side has this flow's bytes up to here.
  void acknowledged(std::uint32_t number, const Deliver& deliver) {
    acknowledged_ = number;
    if (!next_ && !held_.empty() && first_is_acknowledged()) {
      start_at(held_.front().sequence);
      release(deliver);
    }
  }

  void flush(const Deliver& deliver) {
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

  /// Its first byte's number, once one has been delivered.
  std::uint32_t first() const { return first_.value_or(0); }

  /// What it costs to keep segments that wait.
  std::size_t held_bytes() const { return held_bytes_ + held_.size() * segment_cost; }

  /// Its FIN has come, and everything before it.
  bool finished() const { return finished_ && held_.empty(); }
  /// A SYN of this connection, rather than of a new one between the same ports: no SYN comes behind
  /// data.
  bool is_own_syn(std::uint32_t sequence) const {
    return first_ ? *first_ == sequence + 1 && next_ == first_ : held_.empty();
  }
  /// Data of a new connection between the same ports, whose SYN was not captured: it lies before
  /// this one's first byte, or behind its last one. `over`: this one has ended.
  bool is_of_another(const TcpSegment& segment, bool over) const {
    if (segment.length == 0 || !first_ || is_long_) {
      return false;
    }
    const auto before = distance(segment.sequence, *first_);
    const auto behind = distance(segment.sequence, *next_);
    const bool in_flight =
        behind <= (finished_ ? 0 : most_in_flight); // a RST does not stop what is
    return before < (over ? 0 : -most_in_flight) || (over && !in_flight);
  }

private:
  using Gaps = std::vector<std::pair<std::uint32_t, std::uint32_t>>; ///< from, to

  struct Held {
    std::uint32_t sequence;
    ByteBuffer bytes;
    std::size_t length;
  };

  void start_at(std::uint32_t sequence) {
    first_ = sequence;
    next_ = sequence;
  }

  void take(std::uint32_t sequence, Bytes bytes, std::size_t length, const Deliver& deliver) {
    const auto old = static_cast<std::size_t>(distance(*next_, sequence));
    if (old >= length) {
      return; // a retransmission
    }
    const auto fresh = bytes.subspan(std::min(old, bytes.size()));
    if (!fresh.empty()) {
      deliver(fresh, 0);
    }
    const auto cut = length - old - fresh.size(); // by the snapshot length
    if (cut != 0) {
      deliver({}, cut);
    }
    next_ = sequence + static_cast<std::uint32_t>(length);
    is_long_ = is_long_ || *next_ - *first_ > 1U << 30;
  }

  void hold(std::uint32_t sequence, const TcpSegment& segment) {
    const auto place = std::ranges::find_if(
        held_, [&](const Held& held) { return distance(held.sequence, sequence) > 0; });
    held_.insert(place,
                 {sequence, {segment.payload.begin(), segment.payload.end()}, segment.length});
    held_bytes_ += segment.payload.size();
  }

  void release(const Deliver& deliver) {
    std::size_t count = 0;
    for (; next_ && count < held_.size() && distance(held_[count].sequence, *next_) <= 0; ++count) {
      take(held_[count].sequence, held_[count].bytes, held_[count].length, deliver);
      held_bytes_ -= held_[count].bytes.size();
    }
    held_.erase(held_.begin(), held_.begin() + static_cast<std::ptrdiff_t>(count));
  }

  bool first_is_acknowledged() const {
    const auto& first = held_.front();
    const auto end = first.sequence + static_cast<std::uint32_t>(first.length);
    return acknowledged_ && distance(*acknowledged_, end) >= 0;
  }

  bool waits_too_long() const {
    const bool acknowledged =
        acknowledged_ && distance(*acknowledged_, held_.front().sequence) >= 0;
    return held_.size() >= (acknowledged ? held_if_acknowledged : most_held) ||
           held_bytes_ > most_held_in_flow;
  }

  void skip_gap(const Deliver& deliver) {
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
    release(deliver);
  }

  std::optional<std::uint32_t> first_;
  std::optional<std::uint32_t> next_; ///< sequence number of the next byte to deliver
  std::optional<std::uint32_t> acknowledged_;
  std::vector<Held> held_; ///< in order
  std::size_t held_bytes_ = 0;
  std::unique_ptr<Gaps> gaps_; ///< taken as lost; of most flows nothing is
  bool finished_ = false;
  bool is_long_ = false; ///< its numbers wrap before long: they tell nothing about others
};

} // namespace

struct TcpReassembly::Connection {
  Key key;
  TcpConnection about;
  Flow from_a;
  Flow from_b;
  bool over = false; ///< what still comes are retransmissions
  Order* order = nullptr;
  Order::iterator place{};

  std::size_t held_bytes() const { return from_a.held_bytes() + from_b.held_bytes(); }
};

TcpReassembly::TcpReassembly(Listener& listener) : listener_(listener) {}
TcpReassembly::~TcpReassembly() = default;

TcpReassembly::Connection& TcpReassembly::connection_of(const TcpSegment& segment) {
  const auto key = std::minmax(segment.source, segment.destination);
  auto& connection = open_[key];
  if (connection) {
    const auto& flow =
        segment.source == connection->about.a ? connection->from_a : connection->from_b;
    if (segment.syn ? connection->over || !flow.is_own_syn(segment.sequence)
                    : flow.is_of_another(segment, connection->over)) {
      end(*connection);
      connection->order->erase(connection->place);
      connection.reset();
    }
  }
  if (!connection) {
    const bool reply = segment.syn && segment.ack;
    connection = std::make_unique<Connection>();
    connection->key = key;
    connection->order = &quiet_;
    connection->place = quiet_.insert(quiet_.end(), connection.get());
    connection->about = {++connections_, reply ? segment.destination : segment.source,
                         reply ? segment.source : segment.destination, segment.syn};
  }
  return *connection;
}

TcpReassembly::Place TcpReassembly::segment(const TcpSegment& segment) {
  auto& connection = connection_of(segment);
  const Place place{connection.about.number, segment.source == connection.about.a};
  touch(connection, segment.length != 0 || connection.order == &busy_);
  while (open_.size() > most_connections && give_up_one()) {
  }
  if (connection.over) {
    return place;
  }
  held_bytes_ -= connection.held_bytes();
  const bool from_a = place.from_a;
  auto& flow = from_a ? connection.from_a : connection.from_b;
  auto& other = from_a ? connection.from_b : connection.from_a;
  if (segment.ack) {
    other.acknowledged(segment.acknowledgement, [&](Bytes bytes, std::uint64_t missing) {
      tell(connection, {!from_a, bytes, missing});
    });
  }
  late_ += flow.is_late(segment) ? 1 : 0;
  flow.add(segment,
           [&](Bytes bytes, std::uint64_t missing) { tell(connection, {from_a, bytes, missing}); });
  held_bytes_ += connection.held_bytes();
  if ((segment.rst && !flow.is_far(segment)) || (flow.finished() && other.finished())) {
    end(connection);
  }
  bound_held(connection);
  return place;
}

void TcpReassembly::tell(Connection& connection, const TcpPiece& piece) {
  auto& first = piece.from_a ? connection.about.first_a : connection.about.first_b;
  first = (piece.from_a ? connection.from_a : connection.from_b).first();
  listener_.piece(connection.about, piece);
}

/// The connection's place is behind all others of its kind now.
void TcpReassembly::touch(Connection& connection, bool has_data) {
  auto& order = has_data && !connection.over ? busy_ : quiet_;
  order.splice(order.end(), *connection.order, connection.place);
  connection.order = &order;
}

bool TcpReassembly::give_up_one() {
  for (auto* order : {&quiet_, &busy_}) {
    if (order->size() > 1) { // the last one is perhaps under way
      give_up(*order->front());
      return true;
    }
  }
  return false;
}

void TcpReassembly::give_up(Connection& connection) {
  given_up_ += !connection.over;
  end(connection);
  connection.order->erase(connection.place);
  open_.erase(Key(connection.key));
}

/// What the connection's segments wait for does not come any more.
void TcpReassembly::take_lost(Connection& connection) {
  held_bytes_ -= connection.held_bytes();
  for (const bool from_a : {true, false}) {
    auto& flow = from_a ? connection.from_a : connection.from_b;
    flow.flush(
        [&](Bytes bytes, std::uint64_t missing) { tell(connection, {from_a, bytes, missing}); });
  }
  held_bytes_ += connection.held_bytes();
}

/// Of those silent longest, and the current one, whichever holds most pays.
void TcpReassembly::bound_held(Connection& current) {
  constexpr std::size_t looked_at = 64;
  while (held_bytes_ > most_held_bytes) {
    auto* most = &current;
    std::size_t count = 0;
    for (auto i = busy_.begin(); i != busy_.end() && count < looked_at; ++i, ++count) {
      most = (*i)->held_bytes() > most->held_bytes() ? *i : most;
    }
    if (most->held_bytes() == 0) {
      return;
    }
    take_lost(*most);
  }
}

void TcpReassembly::end(Connection& connection) {
  if (std::exchange(connection.over, true)) {
    return;
  }
  take_lost(connection);
  touch(connection, false);
  listener_.over(connection.about);
}

void TcpReassembly::finish() {
  std::vector<Connection*> left;
  left.reserve(open_.size());
  for (const auto& [key, connection] : open_) {
    left.push_back(connection.get());
  }
  std::ranges::sort(left, {}, [](const Connection* each) { return each->about.number; });
  for (auto* connection : left) {
    end(*connection);
  }
  quiet_.clear();
  busy_.clear();
  open_.clear();
}

} // namespace dualcam::inline tools
