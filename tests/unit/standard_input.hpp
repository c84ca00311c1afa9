#pragma once

#include <fcntl.h>
#include <unistd.h>

#include "temporary_folder.hpp"

namespace dualcam {

/// While it lives standard input is a file with this text.
class StandardInput {
public:
  explicit StandardInput(std::string_view text) : saved_(::dup(STDIN_FILENO)) {
    write_file(path(), text);
    const int file = ::open(path().c_str(), O_RDONLY);
    ::dup2(file, STDIN_FILENO);
    ::close(file);
  }
  ~StandardInput() {
    ::dup2(saved_, STDIN_FILENO);
    ::close(saved_);
  }
  StandardInput(const StandardInput&) = delete;
  StandardInput& operator=(const StandardInput&) = delete;

  std::string path() const { return (folder_ / "stdin").string(); }

private:
  TemporaryFolder folder_;
  int saved_;
};

} // namespace dualcam
