#include "common/tcp_reassembly.hpp"

#include <algorithm>
#include <ranges>
#include <utility>

#include "common/tcp_flow.hpp"

namespace dualcam::inline tools {

struct TcpReassembly::Connection {
  TcpConnection about;
  TcpFlow from_a;
  TcpFlow from_b;
  bool reset = false; ///< what comes now was under way, or is of another
  bool over = false;  ///< what still comes is not used
  Order* order = nullptr;
  Order::iterator place{};

  bool is_not_of(const TcpSegment& segment) const;
  std::size_t held_bytes() const { return from_a.held_bytes() + from_b.held_bytes(); }
};

/// Whether it begins another connection, or goes on with one of which the beginning was not
/// captured.
bool TcpReassembly::Connection::is_not_of(const TcpSegment& segment) const {
  const bool is_from_a = segment.source == about.a;
  const auto& flow = is_from_a ? from_a : from_b;
  const auto& other = is_from_a ? from_b : from_a;
  const bool ended = over || reset;
  if (segment.syn) {
    return ended || !flow.is_own_syn(segment.sequence) ||
           (segment.ack && !other.may_have_begun_with(segment.acknowledgement));
  }
  const bool is_odd = ended ? flow.goes_on(segment) : segment.length != 0 && !flow.is_next(segment);
  const bool has_other_numbers =
      is_odd && segment.ack && !other.may_be_acknowledged(segment.acknowledgement, ended);
  return has_other_numbers || flow.is_of_another(segment, ended);
}

TcpReassembly::TcpReassembly(Listener& listener) : listener_(listener) {}
TcpReassembly::~TcpReassembly() = default;

TcpReassembly::Connection& TcpReassembly::connection_of(const TcpSegment& segment) {
  const auto key = std::minmax(segment.source, segment.destination);
  auto& connection = open_[key];
  if (connection) {
    if (connection->is_not_of(segment)) {
      end(*connection);
      connection->order->erase(connection->place);
      connection.reset();
    }
  }
  if (!connection) {
    const bool reply = segment.syn && segment.ack;
    connection = std::make_unique<Connection>();
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
  touch(connection, segment.length != 0);
  while (open_.size() > most_connections && give_up_one()) {
  }
  const bool from_a = place.from_a;
  auto& flow = from_a ? connection.from_a : connection.from_b;
  auto& other = from_a ? connection.from_b : connection.from_a;
  if (connection.over) {
    differing_ += flow.differs(segment) ? 1 : 0;
    behind_end_ += flow.goes_on(segment) ? 1 : 0;
    return place;
  }
  held_bytes_ -= connection.held_bytes();
  if (segment.ack) {
    other.acknowledged(segment.acknowledgement, [&](Bytes bytes, std::uint64_t missing) {
      tell(connection, {!from_a, bytes, missing});
    });
  }
  late_ += flow.is_late(segment) ? 1 : 0;
  const bool was_traced = flow.is_traced();
  flow.add(segment,
           [&](Bytes bytes, std::uint64_t missing) { tell(connection, {from_a, bytes, missing}); });
  held_bytes_ += connection.held_bytes();
  if (flow.finished() && other.finished()) {
    end(connection);
  }
  if (segment.rst && !flow.is_far(segment)) {
    flow.reset(segment.sequence);
    reset(connection);
  }
  bound_held(connection);
  if (!was_traced && flow.is_traced()) {
    bound_traces();
  }
  return place;
}

void TcpReassembly::tell(Connection& connection, const TcpPiece& piece) {
  auto& first = piece.from_a ? connection.about.first_a : connection.about.first_b;
  first = (piece.from_a ? connection.from_a : connection.from_b).first();
  listener_.piece(connection.about, piece);
}

/// The connection's place is behind all others of its kind now.
void TcpReassembly::touch(Connection& connection, bool has_data) {
  const bool is_busy = has_data || connection.order == &busy_;
  auto& order = connection.over ? quiet_ : connection.reset ? reset_ : is_busy ? busy_ : quiet_;
  order.splice(order.end(), *connection.order, connection.place);
  connection.order = &order;
}

bool TcpReassembly::give_up_one() {
  for (auto* order : {&quiet_, &reset_, &busy_}) {
    if (order->size() > 1) { // the last one is perhaps under way
      give_up(*order->front());
      return true;
    }
  }
  return false;
}

void TcpReassembly::give_up(Connection& connection) {
  given_up_ += !connection.over && !connection.reset;
  end(connection);
  connection.order->erase(connection.place);
  open_.erase(std::minmax(connection.about.a, connection.about.b));
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

/// Those of the connections that have been silent longest go, half of them at a time.
void TcpReassembly::bound_traces() {
  constexpr auto most_left = most_traces / 2;
  if (++new_traces_ <= most_traces - most_left) {
    return;
  }
  new_traces_ = 0;
  std::size_t left = 0;
  for (const auto* order : {&busy_, &reset_, &quiet_}) {
    for (auto* connection : std::views::reverse(*order)) {
      for (auto* flow : {&connection->from_a, &connection->from_b}) {
        if (flow->is_traced() && ++left > most_left) {
          flow->forget();
        }
      }
    }
  }
}

/// It ends, but segments may have been captured behind the RST that were sent before it.
void TcpReassembly::reset(Connection& connection) {
  if (connection.over) {
    return;
  }
  connection.reset = true;
  touch(connection, false);
  if (reset_.size() > most_reset) {
    end(*reset_.front());
  }
}

void TcpReassembly::end(Connection& connection) {
  if (std::exchange(connection.over, true)) {
    return;
  }
  take_lost(connection);
  differing_ += connection.from_a.differing() + connection.from_b.differing();
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
  reset_.clear();
  busy_.clear();
  open_.clear();
}

} // namespace dualcam::inline tools
