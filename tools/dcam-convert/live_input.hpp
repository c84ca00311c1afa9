// An input that still arrives: a pipe, or a file that another program goes on writing.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "common/descriptor.hpp"
#include "common/stop_signal.hpp"
#include "dcam-convert/input.hpp"
#include "dualcam/wire/bytes.hpp"
#include "dualcam/wire/error.hpp"

namespace dualcam::convert {

/// Errors are of category io.
class LiveInput {
public:
  /// "-" is standard input. It is given up, an error, when more than `most` bytes come.
  static Result<LiveInput> open(const std::string& path,
                                std::uint64_t most = Input::most_copied_bytes);
  /// NAME.part: it ends when it has got another name, whoever writes it, and however often that one
  /// is started again. If there is none any more, NAME is taken.
  static Result<LiveInput> follow(const std::string& part);

  /// It ends, too, when nobody reads from this pipe or socket any more.
  void watch(int written) { written_ = written; }
  bool is_unread() const { return unread_; }

  /// Some bytes, as soon as there are any; 0: the end.
  Result<std::size_t> read(std::span<std::byte> bytes, const StopSignal& stop);

  /// Whether that failed because the part is never going to get its name.
  bool is_given_up() const { return given_up_; }

  /// Its name by now.
  std::string name() const;

private:
  explicit LiveInput(Descriptor file) : file_(std::move(file)) {}
  void wait(int readable, const StopSignal& stop, int milliseconds);
  Result<std::size_t> read_pipe(std::span<std::byte> bytes, const StopSignal& stop);
  Result<bool> is_complete();

  Descriptor file_;
  std::string part_; ///< empty: it is a pipe
  std::uint64_t offset_ = 0;
  std::uint64_t most_ = 0; ///< of a pipe
  bool complete_ = false;
  bool given_up_ = false;
  int written_ = -1;
  bool unread_ = false;
};

} // namespace dualcam::convert
