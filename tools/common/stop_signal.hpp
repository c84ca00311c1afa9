// SIGINT and SIGTERM for tools without an event loop.
#pragma once

namespace dualcam {

/// From its construction on, SIGINT and SIGTERM do not end the process but are noted here, for all
/// threads. At most one object a process.
class StopSignal {
public:
  StopSignal();
  StopSignal(const StopSignal&) = delete;
  StopSignal& operator=(const StopSignal&) = delete;

  /// The first that came; 0 if none has.
  int signal() const;
  bool requested() const { return signal() != 0; }

  /// Becomes and stays readable when one has come: to be polled beside what is waited for.
  int descriptor() const;
};

} // namespace dualcam
