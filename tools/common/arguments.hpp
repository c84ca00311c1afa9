// The command line, the same way in every tool: help, version, configuration file, error texts.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/config_file.hpp"
#include "common/exit_code.hpp"
#include "common/standard_streams.hpp"
#include "dualcam/storage/part_file.hpp"

namespace dualcam::inline tools {

/// Options are registered with the variable they set, which also holds their default, and then
/// parsed at once. Nothing but these variables is touched: no file, no terminal mode.
class Arguments {
public:
  struct Program {
    std::string name;
    std::string usage;    ///< behind the name: `[options] HOST:PORT [FILE...]`
    std::string summary;  ///< one sentence
    std::string examples; ///< three lines, the end of --help
    std::string verbose = "more notes; -vv: one line a packet"; ///< what -v does
    std::string libraries; ///< for --version: those the tool alone uses, ", " between
    /// Takes what is wrong with the options; none: standard error does, with where help is.
    std::function<void(std::string_view)> complain = {};
  };

  /// Takes a value; returns what is accepted instead when it does not like it.
  using Setter = std::function<std::optional<std::string>(const std::string& value)>;

  explicit Arguments(Program program);
  ~Arguments();
  Arguments(const Arguments&) = delete;
  Arguments& operator=(const Arguments&) = delete;

  // `names` as in "-p,--port"; `value` is the placeholder in --help.
  void flag(const std::string& names, bool& target, const std::string& help);
  void off_flag(const std::string& names, bool& target, const std::string& help);
  void text(const std::string& names, const std::string& value, std::string& target,
            const std::string& help);
  /// The name of a file, which nobody looks at yet.
  void file(const std::string& names, std::filesystem::path& target, const std::string& help);
  void texts(const std::string& names, const std::string& value, std::vector<std::string>& target,
             const std::string& help);
  void size(const std::string& names, std::uint64_t& target, const std::string& help);
  void duration(const std::string& names, std::chrono::milliseconds& target,
                const std::string& help);
  void duration(const std::string& names, std::optional<std::chrono::milliseconds>& target,
                const std::string& help);
  /// A whole number from `least` to `most`.
  template <std::integral T>
  void number(const std::string& names, const std::string& value, T& target,
              std::type_identity_t<T> least, std::type_identity_t<T> most,
              const std::string& help) {
    custom(names, value, target == 0 && least > 0 ? "" : std::to_string(target), help,
           [&target, least, most](const std::string& given) {
             return set_number(given, static_cast<std::int64_t>(least),
                               static_cast<std::int64_t>(most),
                               [&target](std::int64_t number) { target = static_cast<T>(number); });
           });
  }
  /// One of a few words.
  template <class T>
  void choice(const std::string& names, const std::string& value, T& target,
              const std::vector<std::pair<std::string, T>>& words, const std::string& help) {
    std::string accepted;
    std::string current;
    for (const auto& [word, meaning] : words) {
      accepted += (accepted.empty() ? "" : ", ") + word;
      current = meaning == target ? word : current;
    }
    custom(names, value, current, help,
           [&target, accepted, words](const std::string& given) -> std::optional<std::string> {
             for (const auto& [word, meaning] : words) {
               if (word == given) {
                 target = meaning;
                 return std::nullopt;
               }
             }
             return accepted;
           });
  }
  /// --if-exists, of every tool that writes files.
  void if_exists(IfExists& target);
  /// Anything else. `repeatable`: `setter` is called for each occurrence, else for the last one.
  void custom(const std::string& names, const std::string& value, const std::string& default_text,
              const std::string& help, const Setter& setter, bool repeatable = false);
  void positionals(const std::string& name, std::vector<std::string>& target,
                   const std::string& help);
  /// --files-from FILE and -0: names that are added to the positionals of `target`.
  void file_lists(std::vector<std::string>& target);
  /// There was --files-from: no positionals means that there is nothing to do.
  bool has_file_lists() const { return !lists_.empty(); }
  /// --print0, for tools that print paths.
  void print0();
  /// --config FILE: the same options from a file (config_file.hpp), where the line does not give
  /// them.
  void config_file();

  const CommonOptions& common() const { return common_; }
  /// The lines of --config that count: not those that the command line overrides.
  const std::vector<ConfigLine>& configured() const { return configured_; }
  const std::string& config() const { return config_; }

  /// nullopt: go on. Otherwise the tool ends with this code: help and version have been printed, or
  /// what is wrong has.
  std::optional<ExitCode> parse(int count, const char* const* arguments);

  /// For mistakes that only show between options: prints `text`, returns ExitCode::usage.
  ExitCode usage_error(std::string_view text) const;

private:
  static std::optional<std::string> set_number(const std::string& given, std::int64_t least,
                                               std::int64_t most,
                                               const std::function<void(std::int64_t)>& set);
  void common_options();
  std::optional<ExitCode> read_config();
  std::optional<std::string> configure(const std::string& name,
                                       const std::optional<std::string>& value);
  std::optional<ExitCode> read_lists();
  ExitCode cannot_read(std::string_view text) const;
  std::string near_option(const std::string& name) const;
  std::string suggestion_for(const std::string& unknown) const;
  std::string version_text() const;

  struct Parser;
  Program program_;
  CommonOptions common_;
  std::map<std::string, Setter> setters_; ///< by long names
  std::set<std::string> switches_;        ///< of these those that need no value
  std::string config_;                    ///< of --config
  std::vector<ConfigLine> configured_;
  std::vector<std::string> lists_;             ///< of --files-from
  std::vector<std::string>* listed_ = nullptr; ///< where their names go
  bool null_ = false;                          ///< -0
  std::unique_ptr<Parser> parser_;
};

/// auto, always and never, for `Arguments::choice`.
std::vector<std::pair<std::string, CommonOptions::When>> whens();

/// The name among `names` that a mistyped `word` most likely means; empty if none is near.
std::string nearest(std::string_view word, const std::vector<std::string>& names);

} // namespace dualcam::inline tools
