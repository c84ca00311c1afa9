#include "common/replaced_file.hpp"

#include <cerrno>
#include <condition_variable>
#include <mutex>
#include <string_view>
#include <system_error>
#include <thread>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/descriptor.hpp"
#include "dualcam/storage/durable.hpp"
#include "dualcam/wire/error.hpp"

namespace dualcam::inline tools {
namespace {

constexpr mode_t for_everybody = 0644;

/// Links, devices and pipes stay what they are. Empty: none is there.
std::string what_is_in_the_way(const std::filesystem::path& path) {
  struct stat status{};
  if (::lstat(path.c_str(), &status) != 0 || S_ISREG(status.st_mode)) {
    return "";
  }
  return S_ISLNK(status.st_mode) ? "it is a symbolic link, which is not followed"
                                 : "it is no regular file";
}

/// 0 or an errno.
int write_anew(const std::filesystem::path& path, std::string_view text) {
  ::unlink(path.c_str()); // a process that was killed may have left it
  Descriptor file(
      ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, for_everybody));
  if (file.get() < 0) {
    return errno;
  }
  const bool written =
      ::fchmod(file.get(), for_everybody) == 0 && write_all(file.get(), as_bytes(text));
  const int error = written ? 0 : errno;
  return ::close(file.release()) == 0 || error != 0 ? error : errno;
}

} // namespace

std::string why_not_replaced(const std::filesystem::path& path) {
  if (auto why = what_is_in_the_way(path); !why.empty()) {
    return why;
  }
  return ::access(folder_of(path).c_str(), W_OK | X_OK) == 0 ? "" : reason_of(errno);
}

std::string replace_file(const std::filesystem::path& path, const std::string& text) {
  if (auto why = what_is_in_the_way(path); !why.empty()) {
    return why;
  }
  auto fresh = path;
  fresh += ".new";
  int error = write_anew(fresh, text);
  if (error == 0 && ::rename(fresh.c_str(), path.c_str()) != 0) {
    error = errno;
  }
  if (error == 0) {
    return {};
  }
  ::unlink(fresh.c_str());
  return reason_of(error);
}

class ReplacedFile::State {
public:
  explicit State(std::filesystem::path path) : path_(std::move(path)) {}

  void write(std::string text) {
    const std::lock_guard lock(mutex_);
    if (stopping_) {
      return;
    }
    text_ = std::move(text);
    changed_.notify_all();
  }

  bool flush(std::chrono::milliseconds at_most) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, at_most, [this] { return !text_ && !busy_; });
  }

  bool is_idle() const {
    const std::lock_guard lock(mutex_);
    return !text_ && !busy_;
  }

  std::optional<std::string> outcome() const {
    const std::lock_guard lock(mutex_);
    return outcome_;
  }

  /// Nothing will ever be written.
  void give_up(std::string why) {
    const std::lock_guard lock(mutex_);
    outcome_ = std::move(why);
    text_.reset();
    stopping_ = true;
  }

  void stop() {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    changed_.notify_all();
  }

  /// The thread.
  void run() {
    std::unique_lock lock(mutex_);
    for (;;) {
      changed_.wait(lock, [this] { return stopping_ || text_; });
      if (stopping_) {
        return;
      }
      const auto text = std::move(*std::exchange(text_, std::nullopt));
      busy_ = true;
      lock.unlock();
      auto outcome = replace_file(path_, text);
      lock.lock();
      busy_ = false;
      outcome_ = std::move(outcome);
      changed_.notify_all();
    }
  }

private:
  const std::filesystem::path path_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::optional<std::string> text_; ///< that waits
  std::optional<std::string> outcome_;
  bool busy_ = false;
  bool stopping_ = false;
};

ReplacedFile::ReplacedFile(std::filesystem::path path)
    : state_(std::make_shared<State>(std::move(path))) {
  try {
    std::thread([state = state_] { state->run(); }).detach();
  } catch (const std::system_error& error) {
    state_->give_up(error.code().message());
  }
}

ReplacedFile::~ReplacedFile() { state_->stop(); }

void ReplacedFile::write(std::string text) { state_->write(std::move(text)); }

bool ReplacedFile::flush(std::chrono::milliseconds at_most) { return state_->flush(at_most); }

std::optional<std::string> ReplacedFile::outcome() const { return state_->outcome(); }

bool ReplacedFile::is_idle() const { return state_->is_idle(); }

} // namespace dualcam::inline tools
