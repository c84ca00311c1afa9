// What a tool makes of its command line.
#pragma once

#include <expected>
#include <string>
#include <vector>

#include "common/exit_code.hpp"
#include "quiet.hpp"
#include "testing.hpp"

namespace dualcam {

template <class Options> class CommandLine {
public:
  using Parse = std::expected<Options, ExitCode>(int, const char* const*);

  explicit CommandLine(Parse& parse) : parse_(parse) {}

  Options good(const std::vector<const char*>& words) const {
    const Quiet quiet;
    const auto options = run(words);
    INFO(quiet.errors());
    REQUIRE(options);
    return *options;
  }
  /// What is said against these words.
  std::string bad(const std::vector<const char*>& words) const {
    const Quiet quiet;
    const auto options = run(words);
    REQUIRE_FALSE(options);
    CHECK(options.error() == ExitCode::usage);
    CHECK(quiet.output().empty());
    return quiet.errors();
  }
  /// What is printed instead of anything else.
  std::string printed(const std::vector<const char*>& words) const {
    const Quiet quiet;
    const auto options = run(words);
    REQUIRE_FALSE(options);
    CHECK(options.error() == ExitCode::done);
    CHECK(quiet.errors().empty());
    return quiet.output();
  }

private:
  std::expected<Options, ExitCode> run(std::vector<const char*> words) const {
    words.insert(words.begin(), "program");
    return parse_(static_cast<int>(words.size()), words.data());
  }

  Parse& parse_;
};

} // namespace dualcam
