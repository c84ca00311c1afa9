// TLS handshakes of those who have just come: few at a time, since each takes memory and arithmetic
// that nobody has paid for yet.
#pragma once

#include <list>
#include <string>

#include "common/clock.hpp"
#include "common/link.hpp"
#include "dcam-serve/origin.hpp"

namespace dualcam::serve {

class Handshakes {
public:
  static constexpr std::size_t most = 32;
  static constexpr std::chrono::seconds time_for_one{10};
  static constexpr std::chrono::seconds time_for_one_if_others_wait{3};

  /// `patience`: how long a peer waits for its turn.
  Handshakes(Clock& clock, std::chrono::milliseconds patience)
      : clock_(clock), patience_(patience) {}

  /// Why the peer is not served; empty: it speaks TLS from here on. Costs nothing before its first
  /// bytes. The last to come is the first whose turn it is: who came before may have given up.
  asio::awaitable<Refusal> perform(Link& link, const TlsContext& context);

private:
  struct Turn {
    Link& link;
    TimePoint begun = TimePoint::max(); ///< max: not yet
    bool given_up = false;
  };
  using Turns = std::list<Turn>;

  asio::awaitable<std::string> take(Turn& turn, const TlsContext& context);
  asio::awaitable<bool> wait_for_turn(Turn& turn);
  void begin(Turn& turn);
  void hurry();
  void leave(Turns::iterator turn);

  Clock& clock_;
  std::chrono::milliseconds patience_;
  Turns turns_; ///< in order of coming
  std::size_t begun_ = 0;
};

} // namespace dualcam::serve
