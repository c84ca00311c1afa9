// What systemd, where it started us, is told and gives: readiness, signs of life, a socket.
#pragma once

#include <string>

#include "common/clock.hpp"
#include "dualcam/wire/error.hpp"

namespace dualcam::serve {

class ServiceManager {
public:
  ServiceManager();

  /// The socket that systemd listens on for us, which is ours from now on; -1: there is none. An
  /// error says why what it passed cannot be used.
  static Result<int> listener();

  /// Cameras may come; `status` is for people.
  void ready(const std::string& status);
  void stopping();
  /// To be called again and again by the loop that the watchdog is to watch.
  void alive(TimePoint now);

private:
  std::chrono::microseconds watchdog_{0}; ///< a sign of life is due so often; 0 = never
  TimePoint said_{};
};

} // namespace dualcam::serve
