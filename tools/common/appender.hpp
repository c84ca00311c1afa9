// Bytes on their way to a file: written behind, by a thread of their own, so that nobody waits for
// the disk.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <thread>
#include <vector>

#include "dualcam/wire/bytes.hpp"

namespace dualcam::inline tools {

/// May be used by any thread. After a failure nothing more is written.
class Appender {
public:
  /// `descriptor` is not owned, and open for appending.
  explicit Appender(int descriptor);
  /// Waits until all is written.
  ~Appender();
  Appender(const Appender&) = delete;
  Appender& operator=(const Appender&) = delete;

  /// By one write, unless the disk is nearly full.
  void write(ByteBuffer bytes);
  /// Waits until all is written, or has failed.
  void flush();

  /// Bytes that are not written yet.
  std::size_t waiting() const;
  /// The errno of the first failure, 0 if there was none.
  int error() const;

private:
  void run();

  const int descriptor_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<ByteBuffer> queue_;
  std::size_t waiting_ = 0; ///< bytes, those being written among them
  int error_ = 0;
  bool stopping_ = false;
  std::thread thread_;
};

} // namespace dualcam::inline tools
