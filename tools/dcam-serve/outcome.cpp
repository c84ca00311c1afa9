#include "dcam-serve/outcome.hpp"

#include <csignal>

#include "dualcam/wire/crc64.hpp"

namespace dualcam::serve {

/// A path may have 64 KiB, and anybody can begin any number of files.
Outcome::Key Outcome::key_of(std::uint64_t imei, const FileRef& file) {
  return {imei, crc64(as_bytes(file.text()))};
}

bool Outcome::stored(std::uint64_t imei, const FileRef& file, bool counts) {
  incomplete_.erase(key_of(imei, file));
  files_ += counts ? 1 : 0;
  return options_.count != 0 && files_ >= options_.count;
}

int Outcome::exit_status() const {
  if (signal_ != 0) {
    const bool as_told = signal_ == SIGTERM && options_.keep_listening;
    return as_told ? 0 : 128 + signal_;
  }
  return static_cast<int>(incomplete_.empty() ? code_ : worse_of(code_, ExitCode::incomplete));
}

} // namespace dualcam::serve
