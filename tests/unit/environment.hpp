// A variable of the environment, as long as a test needs it.
#pragma once

#include <cstdlib>
#include <optional>
#include <string>

namespace dualcam {

/// Without a value it is unset.
class Variable {
public:
  explicit Variable(const char* name, const std::optional<std::string>& value = std::nullopt)
      : name_(name) {
    if (const char* before = std::getenv(name)) {
      before_ = before;
    }
    set(value);
  }
  ~Variable() { set(before_); }
  Variable(const Variable&) = delete;
  Variable& operator=(const Variable&) = delete;

private:
  void set(const std::optional<std::string>& value) const {
    value ? ::setenv(name_, value->c_str(), 1) : ::unsetenv(name_);
  }

  const char* name_;
  std::optional<std::string> before_;
};

} // namespace dualcam
