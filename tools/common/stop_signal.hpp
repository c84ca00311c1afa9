// SIGINT, SIGTERM and SIGHUP as something to wait for.
#pragma once

namespace dualcam::inline tools {

/// From its construction on, SIGINT, SIGTERM and SIGHUP do not end the process but are noted here,
/// for all threads. At most one object at a time.
class StopSignal {
public:
  /// What a signal does once one has been noted.
  enum class Second { noted, immediate };

  explicit StopSignal(Second second = Second::noted);
  ~StopSignal();
  StopSignal(const StopSignal&) = delete;
  StopSignal& operator=(const StopSignal&) = delete;

  /// The first that came; 0 if none has.
  int signal() const;
  bool requested() const { return signal() != 0; }

  /// Becomes and stays readable when one has come: to be polled beside what is waited for.
  int descriptor() const;

  /// From here on they end the process again.
  void release();
};

} // namespace dualcam::inline tools
