// System calls that a test has a hand in: the library's calls come here first.
#pragma once

#include <functional>

namespace dualcam::system_calls {

/// Is called before each flock; whatever happens there happens between opening and locking.
inline std::function<void()> before_lock;

/// renameat2 knows no flags, as on some file systems.
inline bool no_rename_flags = false;

/// Sets a variable until the end of the scope.
template <class T> class Set {
public:
  Set(T& variable, T value) : variable_(variable), before_(variable) {
    variable = std::move(value);
  }
  ~Set() { variable_ = std::move(before_); }
  Set(const Set&) = delete;
  Set& operator=(const Set&) = delete;

private:
  T& variable_;
  T before_;
};

} // namespace dualcam::system_calls
