#include "common/line_queue.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <condition_variable>
#include <deque>
#include <iterator>
#include <mutex>
#include <new>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>
#include <utility>

#include <fcntl.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fmt/format.h>

#include "common/descriptor.hpp"
#include "common/standard_streams.hpp"
#include "common/temporary_file.hpp"

namespace dualcam::inline tools {
namespace {

constexpr std::size_t piece_size = 16'384;
constexpr std::chrono::milliseconds time_to_end{100};
constexpr std::chrono::seconds time_for_room{1};
constexpr std::string_view line_ends{"\n\0", 2};

std::uint64_t lines_in(std::string_view text) {
  return static_cast<std::uint64_t>(
      std::ranges::count_if(text, [](char c) { return line_ends.contains(c); }));
}

/// Of the disk, of somebody's share of it, or of one file: each may have some again.
bool is_lack_of_room(int error) { return error == ENOSPC || error == EDQUOT || error == EFBIG; }

/// Whether what is written next goes on in a line of a regular file; `unknown`: nobody can say.
bool is_in_mid_line(int descriptor, bool unknown) {
  struct stat status{};
  if (::fstat(descriptor, &status) != 0 || !S_ISREG(status.st_mode)) {
    return unknown;
  }
  const bool appends = (::fcntl(descriptor, F_GETFL) & O_APPEND) != 0;
  const auto end = appends ? status.st_size : ::lseek(descriptor, 0, SEEK_CUR);
  const Descriptor file(
      ::open(fmt::format("/proc/self/fd/{}", descriptor).c_str(), O_RDONLY | O_CLOEXEC));
  char last = '\n';
  if (end > 0 && ::pread(file.get(), &last, 1, end - 1) < 0) {
    return unknown;
  }
  return !line_ends.contains(last);
}

/// The line of `text` that `rest`, not written yet, begins in, and all behind it.
std::string_view from_cut_line(std::string_view text, std::string_view rest) {
  const auto written = text.substr(0, text.size() - rest.size());
  return text.substr(written.find_last_of(line_ends) + 1);
}

/// Text in a file without a name, first in, first out. Allocates nothing once it is made.
class Overflow {
public:
  explicit Overflow(std::filesystem::path folder)
      : folder_(std::move(folder)), piece_(piece_size, '\0') {}

  bool empty() const { return begin_ == end_; }

  /// False: there is no room for it, and nothing has changed.
  bool push(std::string_view text) {
    if (file_.get() < 0) {
      file_ = temporary_file(folder_);
    }
    auto at = end_;
    while (!text.empty()) {
      const auto written = ::pwrite(file_.get(), text.data(), text.size(), static_cast<off_t>(at));
      if (written <= 0 && errno != EINTR) {
        return false;
      }
      const auto count = static_cast<std::size_t>(std::max<ssize_t>(written, 0));
      text.remove_prefix(count);
      at += count;
    }
    end_ = at;
    return true;
  }

  /// Up to a piece, of whole lines if they fit, valid until the next one; empty: it cannot be read,
  /// and all is lost.
  std::string_view pop() {
    const auto most = std::min<std::uint64_t>(piece_size, end_ - begin_);
    ssize_t count = -1;
    do {
      count = ::pread(file_.get(), piece_.data(), most, static_cast<off_t>(begin_));
    } while (count < 0 && errno == EINTR);
    auto piece =
        std::string_view(piece_).substr(0, static_cast<std::size_t>(std::max<ssize_t>(count, 0)));
    if (const auto last = piece.find_last_of(line_ends); last != piece.npos) {
      piece = piece.substr(0, last + 1);
    }
    begin_ += piece.size();
    if (empty() || piece.empty()) {
      clear();
    }
    return piece;
  }

  void clear() {
    file_.close();
    begin_ = end_ = 0;
  }

private:
  std::filesystem::path folder_;
  std::string piece_;
  Descriptor file_;
  std::uint64_t begin_ = 0;
  std::uint64_t end_ = 0;
};

} // namespace

class LineQueue::State {
public:
  State(int descriptor, Settings settings)
      : descriptor_(descriptor), settings_(std::move(settings)), overflow_(settings_.folder),
        stop_(::eventfd(0, EFD_CLOEXEC)) {
    if (stop_.get() < 0) {
      throw std::system_error(errno, std::generic_category(), "eventfd");
    }
  }

  bool write(std::string text, Weight weight) {
    const std::lock_guard lock(mutex_);
    if (error_ != 0 && settings_.gives_up) {
      return false;
    }
    if (text.empty()) {
      return true;
    }
    const bool full =
        dropped_ > 0 || !overflow_.empty() || size_ + text.size() > settings_.most_waiting;
    if (weight == Weight::passing) {
      return is_idle() && push(std::move(text));
    }
    if (full && weight == Weight::news) {
      ++dropped_;
      ++all_dropped_;
      return false;
    }
    if (full && late_.empty() && overflow_.push(text)) {
      taken_ += text.size();
      lines_ += lines_in(text);
      changed_.notify_all();
      return true;
    }
    return push(std::move(text));
  }

  std::uint64_t taken() const {
    const std::lock_guard lock(mutex_);
    return taken_;
  }

  std::uint64_t written() const {
    const std::lock_guard lock(mutex_);
    return written_;
  }

  int error() const {
    const std::lock_guard lock(mutex_);
    return error_;
  }

  int no_room() const {
    const std::lock_guard lock(mutex_);
    return no_room_;
  }

  std::uint64_t waiting() const {
    const std::lock_guard lock(mutex_);
    return lines_;
  }

  std::uint64_t dropped() const {
    const std::lock_guard lock(mutex_);
    return all_dropped_;
  }

  bool flush(std::optional<std::chrono::steady_clock::time_point> deadline) {
    std::unique_lock lock(mutex_);
    hurried_ = true;
    changed_.notify_all();
    const auto done = [this] { return is_idle() || (no_room_ != 0 && !hurried_); };
    if (deadline) {
      changed_.wait_until(lock, *deadline, done);
    } else {
      changed_.wait(lock, done);
    }
    return is_idle();
  }

  /// The thread.
  void run() {
    std::unique_lock lock(mutex_);
    for (;;) {
      changed_.wait(lock, [this] { return stopping_ || !queue_.empty() || !overflow_.empty(); });
      if (stopping_) {
        break;
      }
      const auto own = queue_.empty() ? std::string() : pop();
      const auto text = own.empty() ? overflow_.pop() : std::string_view(own);
      if (overflow_.empty()) {
        std::ranges::move(late_, std::back_inserter(queue_));
        late_.clear();
      }
      busy_ = true;
      // empty: what was put off cannot be read any more
      const int error = text.empty() ? EIO : write_out(text, lock);
      busy_ = false;
      in_order_ = in_order_ && error == 0;
      written_ += in_order_ ? text.size() : 0;
      lines_ -= std::min(lines_, error == ECANCELED ? 0 : lines_in(text));
      if (error != 0 && error != ECANCELED && error_ == 0) {
        error_ = error;
      }
      if (error_ != 0 && settings_.gives_up) {
        give_up();
      }
      tell_of_dropped();
      changed_.notify_all();
    }
    ended_ = true;
    changed_.notify_all();
  }

  /// Whether the thread has ended, or will before long.
  bool stop() {
    std::unique_lock lock(mutex_);
    stopping_ = true;
    const std::uint64_t one = 1;
    (void)!::write(stop_.get(), &one, sizeof one);
    changed_.notify_all();
    return changed_.wait_for(lock, time_to_end, [this] { return ended_; });
  }

private:
  bool is_idle() const { return queue_.empty() && overflow_.empty() && !busy_; }

  bool push(std::string text) {
    const auto size = text.size();
    const auto lines = lines_in(text);
    (overflow_.empty() ? queue_ : late_).push_back(std::move(text));
    size_ += size;
    taken_ += size;
    lines_ += lines;
    changed_.notify_all();
    return true;
  }

  /// Opens the lock meanwhile. Returns 0 or an errno.
  int write_out(std::string_view text, std::unique_lock<std::mutex>& lock) {
    if (settings_.whole_lines && !std::exchange(begun_, true)) {
      lock.unlock();
      const bool cut = is_in_mid_line(descriptor_, false);
      lock.lock();
      if (const int error = cut ? write_all({&settings_.line_end, 1}, lock) : 0; error != 0) {
        return error;
      }
    }
    return write_all(text, lock);
  }

  /// The same. Where the file was emptied to make room, the line that was cut begins anew.
  int write_all(std::string_view text, std::unique_lock<std::mutex>& lock) {
    auto rest = text;
    for (;;) {
      lock.unlock();
      if (rest.size() < text.size() && !is_in_mid_line(descriptor_, true)) {
        rest = from_cut_line(text, rest);
      }
      const int error = write_what_is_left(descriptor_, rest, stop_.get());
      lock.lock();
      no_room_ = settings_.whole_lines && is_lack_of_room(error) ? error : 0;
      hurried_ = false;
      if (no_room_ == 0) {
        return error;
      }
      changed_.notify_all();
      changed_.wait_for(lock, time_for_room, [this] { return stopping_ || hurried_; });
      if (stopping_) {
        return ECANCELED;
      }
    }
  }

  std::string pop() {
    auto text = std::move(queue_.front());
    queue_.pop_front();
    size_ -= text.size();
    return text;
  }

  void give_up() {
    queue_.clear();
    overflow_.clear();
    late_.clear();
    size_ = 0;
    lines_ = 0;
    dropped_ = 0;
  }

  /// Once there is room again, and not for each line of many.
  void tell_of_dropped() {
    if (dropped_ == 0 || !settings_.dropped_line || !overflow_.empty() ||
        size_ > settings_.most_waiting / 2) {
      return;
    }
    try {
      push(settings_.dropped_line(dropped_));
      dropped_ = 0;
    } catch (const std::bad_alloc&) {
      return; // another time: they stay counted
    }
  }

  const int descriptor_;
  const Settings settings_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::string> queue_; ///< before what is in `overflow_`
  Overflow overflow_;
  std::deque<std::string> late_; ///< behind that, where it could take no more
  Descriptor stop_;
  std::size_t size_ = 0;      ///< of `queue_` and `late_`
  std::uint64_t lines_ = 0;   ///< in all three, and being written
  std::uint64_t taken_ = 0;   ///< bytes
  std::uint64_t written_ = 0; ///< of them, as long as it is `in_order_`
  std::uint64_t dropped_ = 0; ///< since the last line about them
  std::uint64_t all_dropped_ = 0;
  int error_ = 0;
  int no_room_ = 0;
  bool hurried_ = false; ///< somebody waits for what the next try brings
  bool begun_ = false;
  bool in_order_ = true;
  bool busy_ = false;
  bool stopping_ = false;
  bool ended_ = false;
};

LineQueue::LineQueue(int descriptor, Settings settings)
    : state_(std::make_shared<State>(descriptor, std::move(settings))) {
  std::thread([state = state_] { state->run(); }).detach();
}

LineQueue::~LineQueue() { state_->stop(); }

bool LineQueue::write(std::string text, Weight weight) {
  return state_->write(std::move(text), weight);
}

int LineQueue::error() const { return state_->error(); }

bool LineQueue::flush(std::optional<std::chrono::steady_clock::time_point> deadline) {
  return state_->flush(deadline);
}

int LineQueue::no_room() const { return state_->no_room(); }

std::uint64_t LineQueue::dropped() const { return state_->dropped(); }

std::uint64_t LineQueue::waiting() const { return state_->waiting(); }

std::uint64_t LineQueue::taken() const { return state_->taken(); }

std::uint64_t LineQueue::written() const { return state_->written(); }

} // namespace dualcam::inline tools
