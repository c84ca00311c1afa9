#pragma once

#include "redirected.hpp"
#include "temporary_folder.hpp"

namespace dualcam {

/// While it lives standard input is a file with this text.
class StandardInput {
public:
  explicit StandardInput(std::string_view text)
      : stream_(STDIN_FILENO, (write_file(path(), text), ::open(path().c_str(), O_RDONLY))) {}

  std::string path() const { return (folder_ / "stdin").string(); }

private:
  TemporaryFolder folder_;
  Redirected stream_;
};

} // namespace dualcam
