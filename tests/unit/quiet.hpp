// What a tool's parts say on the standard streams, caught.
#pragma once

#include <string>

#include <fcntl.h>
#include <unistd.h>

#include "temporary_folder.hpp"

namespace dualcam {

/// While it lives standard output and standard error go to files, and not to whoever runs the
/// tests.
class Quiet {
public:
  Quiet() {
    for (const int stream : {STDOUT_FILENO, STDERR_FILENO}) {
      saved_[stream] = ::dup(stream);
      const int file = ::open(path(stream).c_str(), O_CREAT | O_TRUNC | O_APPEND | O_WRONLY, 0600);
      ::dup2(file, stream);
      ::close(file);
    }
  }
  ~Quiet() {
    for (const int stream : {STDOUT_FILENO, STDERR_FILENO}) {
      ::dup2(saved_[stream], stream);
      ::close(saved_[stream]);
    }
  }
  Quiet(const Quiet&) = delete;
  Quiet& operator=(const Quiet&) = delete;

  std::string output() const { return content_of(path(STDOUT_FILENO)); }
  std::string errors() const { return content_of(path(STDERR_FILENO)); }

private:
  fs::path path(int stream) const { return folder_.path() / std::to_string(stream); }

  TemporaryFolder folder_;
  int saved_[3] = {-1, -1, -1};
};

} // namespace dualcam
