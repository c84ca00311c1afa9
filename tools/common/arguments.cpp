#include "common/arguments.hpp"

#include <algorithm>
#include <charconv>
#include <span>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "common/escape.hpp"
#include "common/git_id.hpp"
#include "common/input_file.hpp"
#include "common/units.hpp"
#include "dualcam/version.hpp"

namespace dualcam::inline tools {
namespace {

constexpr std::size_t help_width = 80;
constexpr std::size_t largest_list = std::size_t{64} << 20;
constexpr std::size_t largest_config = std::size_t{1} << 20;
constexpr std::string_view accepted_switches = "true or false";

/// `text` from `column` on, in lines that fit; breaks at spaces.
std::string wrapped(std::string_view text, std::size_t column) {
  std::string lines;
  const auto room = help_width - column;
  while (text.size() > room) {
    const auto space = text.rfind(' ', room);
    const auto end = space == text.npos ? std::min(text.find(' '), text.size()) : space;
    lines.append(text.substr(0, end)).append("\n").append(column, ' ');
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines.append(text);
}

/// The whole of --help: what CLI11 would make of it differs from version to version.
class HelpFormatter : public CLI::FormatterBase {
public:
  explicit HelpFormatter(std::string usage) : usage_(std::move(usage)) {}

  std::string make_help(const CLI::App* app, std::string, CLI::AppFormatMode) const override {
    std::string arguments;
    std::string options;
    for (const auto* option : app->get_options()) {
      (option->get_positional() ? arguments : options) +=
          row(option->get_positional() ? option->get_type_name() : names(*option), *option);
    }
    return fmt::format(
        "{}\nUsage: {} {}\n{}\nOptions:\n{}\n{}", app->get_description(), app->get_name(), usage_,
        arguments.empty() ? "" : "\nArguments:\n" + arguments, options, app->get_footer());
  }

private:
  /// `-p, --port N`; where there is no short name its room is empty.
  static std::string names(const CLI::Option& option) {
    std::string all;
    for (const auto& name : option.get_snames()) {
      all += "-" + name + ", ";
    }
    for (const auto& name : option.get_lnames()) {
      all += (all.empty() ? "    --" : "--") + name + ", ";
    }
    all.resize(all.size() - 2);
    return takes_value(option) ? all + " " + option.get_type_name() : all;
  }

  /// `  WHAT  help (default)`
  static std::string row(const std::string& what, const CLI::Option& option) {
    constexpr std::size_t column = 34;
    auto text = "  " + what;
    text += text.size() >= column ? "\n" + std::string(column, ' ')
                                  : std::string(column - text.size(), ' ');
    const auto value = takes_value(option) ? option.get_default_str() : "";
    const auto help = option.get_description() + (value.empty() ? "" : " (" + value + ")");
    return text + wrapped(help, column) + "\n";
  }

  static bool takes_value(const CLI::Option& option) { return option.get_type_size() != 0; }

  std::string usage_;
};

std::optional<std::string> set_duration(const std::string& given,
                                        const std::function<void(std::chrono::milliseconds)>& set) {
  const auto duration = parse_duration(given);
  if (!duration) {
    return std::string(accepted_durations);
  }
  set(*duration);
  return std::nullopt;
}

std::optional<bool> parse_switch(std::string_view word) {
  for (const auto& [on, off] :
       {std::pair("true", "false"), {"yes", "no"}, {"on", "off"}, {"1", "0"}}) {
    if (word == on || word == off) {
      return word == on;
    }
  }
  return std::nullopt;
}

std::optional<std::string> set_switch(const std::string& given,
                                      const std::function<void(bool)>& set) {
  const auto on = parse_switch(given);
  if (!on) {
    return std::string(accepted_switches);
  }
  set(*on);
  return std::nullopt;
}

/// "port" of "-p,--port".
std::string long_name(const std::string& names) { return names.substr(names.rfind("--") + 2); }

std::string duration_text(std::chrono::milliseconds duration) {
  const auto count = duration.count();
  constexpr std::array<std::pair<std::int64_t, const char*>, 4> units{
      {{86'400'000, "d"}, {60'000, "m"}, {1'000, "s"}, {1, "ms"}}};
  for (const auto& [factor, name] : units) {
    if (count % factor == 0 && (factor > 1000 ? count > factor : true)) {
      return std::to_string(count / factor) + name;
    }
  }
  return "";
}

std::string size_text(std::uint64_t size) {
  for (const auto& [shift, name] : {std::pair{30, "G"}, {20, "M"}, {10, "K"}}) {
    if (size != 0 && size % (std::uint64_t{1} << shift) == 0) {
      return std::to_string(size >> shift) + name;
    }
  }
  return std::to_string(size);
}

/// Adds the names in the file; what is wrong with it, or empty.
std::string read_file_list(const std::string& path, char end, std::vector<std::string>& names) {
  const auto text = read_text(path, largest_list);
  if (!text) {
    return text.error().message;
  }
  if (end != '\0' && text->contains('\0')) { // which no name has
    return "NULs end the names in it: give -0, too";
  }
  for (std::string_view rest = *text; !rest.empty();) {
    const auto name = rest.substr(0, rest.find(end));
    if (!name.empty()) {
      names.emplace_back(name);
    }
    rest.remove_prefix(std::min(name.size() + 1, rest.size()));
  }
  return "";
}

/// The command line, the last word first, as CLI11 takes it; which would take the next word for the
/// value of `--name=`, as a shell makes it of an unset variable.
std::vector<std::string> words_for(const CLI::App& app, std::span<const char* const> arguments) {
  std::vector<std::string> words;
  bool are_options = true;
  for (const std::string word : arguments) {
    are_options = are_options && word != "--";
    const auto name = word.ends_with('=') ? word.substr(0, word.size() - 1) : std::string();
    const auto* option =
        are_options && name.starts_with("--") ? app.get_option_no_throw(name) : nullptr;
    const bool is_empty = option != nullptr && option->get_items_expected_max() > 0;
    words.push_back(is_empty ? name : word);
    if (is_empty) {
      words.emplace_back();
    }
  }
  std::ranges::reverse(words);
  return words;
}

} // namespace

struct Arguments::Parser {
  CLI::App app;
};

Arguments::Arguments(Program program)
    : program_(std::move(program)), parser_(std::make_unique<Parser>()) {
  auto& app = parser_->app;
  app.name(program_.name);
  app.description(wrapped(program_.summary, 0));
  app.footer("Examples:\n" + program_.examples);
  app.formatter(std::make_shared<HelpFormatter>(program_.usage));
  app.set_help_flag("-h,--help", "print this help");
  app.set_version_flag(
      "--version", [this] { return version_text(); }, "print version and libraries");
}

Arguments::~Arguments() = default;

std::vector<std::pair<std::string, CommonOptions::When>> whens() {
  using When = CommonOptions::When;
  return {{"auto", When::automatic}, {"always", When::always}, {"never", When::never}};
}

void Arguments::common_options() {
  flag("-q,--quiet", common_.quiet, "no notes, only errors");
  // A number as target would be given its default by newer CLI11, as if by the command line.
  parser_->app.add_flag_function(
      "-v,--verbose", [this](auto count) { common_.verbosity = static_cast<int>(count); },
      program_.verbose);
  switches_.insert("verbose");
  setters_["verbose"] = [this](const std::string& given) -> std::optional<std::string> {
    const auto on = parse_switch(given);
    if (!on && given != "2") {
      return fmt::format("{}, 1 or 2", accepted_switches);
    }
    common_.verbosity = given == "2" ? 2 : *on ? 1 : 0;
    return std::nullopt;
  };
  flag("--json", common_.json, "JSON Lines on standard output");
  choice("--progress", "WHEN", common_.progress, whens(), "progress line: auto, always or never");
  choice("--color", "WHEN", common_.color, whens(), "colour: auto, always or never");
}

void Arguments::flag(const std::string& names, bool& target, const std::string& help) {
  parser_->app.add_flag(names, target, help);
  switches_.insert(long_name(names));
  setters_[long_name(names)] = [&target](const std::string& given) {
    return set_switch(given, [&target](bool on) { target = on; });
  };
}

void Arguments::off_flag(const std::string& names, bool& target, const std::string& help) {
  parser_->app.add_flag_callback(names, [&target] { target = false; }, help);
  switches_.insert(long_name(names));
  setters_[long_name(names)] = [&target](const std::string& given) {
    return set_switch(given, [&target](bool on) { target = !on; });
  };
}

void Arguments::text(const std::string& names, const std::string& value, std::string& target,
                     const std::string& help) {
  custom(names, value, target, help, [&target, value](const std::string& given) {
    target = given;
    return given.empty() ? std::optional(value) : std::nullopt; // "$ADDR", which is not set
  });
}

void Arguments::file(const std::string& names, std::filesystem::path& target,
                     const std::string& help) {
  custom(names, "FILE", "", help, [&target](const auto& given) {
    target = given;
    return given.empty() ? std::optional<std::string>("the name of a file") : std::nullopt;
  });
}

void Arguments::texts(const std::string& names, const std::string& value,
                      std::vector<std::string>& target, const std::string& help) {
  custom(
      names, value, "", help,
      [&target](const std::string& given) {
        target.push_back(given);
        return std::nullopt;
      },
      true);
}

void Arguments::size(const std::string& names, std::uint64_t& target, const std::string& help) {
  custom(names, "SIZE", size_text(target), help,
         [&target](const std::string& given) -> std::optional<std::string> {
           const auto size = parse_size(given);
           if (!size) {
             return std::string(accepted_sizes);
           }
           target = *size;
           return std::nullopt;
         });
}

void Arguments::duration(const std::string& names, std::chrono::milliseconds& target,
                         const std::string& help) {
  custom(names, "DUR", duration_text(target), help, [&target](const std::string& given) {
    return set_duration(given, [&target](auto duration) { target = duration; });
  });
}

void Arguments::duration(const std::string& names, std::optional<std::chrono::milliseconds>& target,
                         const std::string& help) {
  custom(names, "DUR", "", help, [&target](const std::string& given) {
    return set_duration(given, [&target](auto duration) { target = duration; });
  });
}

void Arguments::if_exists(IfExists& target) {
  choice<IfExists>("--if-exists", "WHAT", target,
                   {{"number", IfExists::number},
                    {"skip", IfExists::skip},
                    {"fail", IfExists::fail},
                    {"replace", IfExists::replace}},
                   "a taken name: number, skip, fail or replace");
}

void Arguments::custom(const std::string& names, const std::string& value,
                       const std::string& default_text, const std::string& help,
                       const Setter& setter, bool repeatable) {
  const auto name = names.substr(names.rfind(',') + 1);
  setters_[long_name(names)] = setter;
  auto* option = parser_->app.add_option(
      names,
      [name, setter](const CLI::results_t& given) {
        for (const auto& each : given) {
          if (const auto accepted = setter(each)) {
            throw CLI::ValidationError(
                fmt::format("{}: '{}' is not accepted; give {}", name, each, *accepted),
                CLI::ExitCodes::ValidationError);
          }
        }
        return true;
      },
      help);
  option->type_name(value)->type_size(1)->allow_extra_args(false);
  option->default_str(default_text);
  if (repeatable) {
    option->expected(1, CLI::detail::expected_max_vector_size)->allow_extra_args(false);
    option->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  } else {
    option->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
  }
}

void Arguments::positionals(const std::string& name, std::vector<std::string>& target,
                            const std::string& help) {
  // CLI11 takes no colon, and newer ones not every other name: it is for --help only.
  parser_->app.add_option("positionals", target, help)->type_name(name);
}

void Arguments::file_lists(std::vector<std::string>& target) {
  listed_ = &target;
  texts("--files-from", "FILE", lists_, "also the files that FILE lists, one a line; - = stdin");
  flag("-0,--null", null_, "with --files-from: a NUL ends each name");
}

void Arguments::print0() {
  flag("--print0", common_.print0, "a NUL after each path on standard output, no line end");
}

void Arguments::config_file() {
  parser_->app.add_option("--config", config_, "the same options from a file, keys = long names")
      ->type_name("FILE")
      ->check([](const std::string& given) {
        return std::string(given.empty() ? "'' is not accepted; give the name of a file" : "");
      })
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
}

/// One line of a configuration; what is wrong with it.
std::optional<std::string> Arguments::configure(const std::string& name,
                                                const std::optional<std::string>& value) {
  const auto setter = setters_.find(name);
  const auto* option = parser_->app.get_option_no_throw("--" + name);
  if (setter == setters_.end() || option == nullptr) {
    const auto near = near_option(name);
    const bool helps = !near.empty() && near != "--" + name;
    return fmt::format("unknown option '{}'{}", escaped(name),
                       helps ? fmt::format("; did you mean '{}'?", near.substr(2)) : "");
  }
  if (!value && !switches_.contains(name)) {
    return name + " needs a value";
  }
  if (option->count() > 0) { // the command line has the last word
    return std::nullopt;
  }
  const auto accepted = setter->second(value.value_or("true"));
  return accepted ? std::optional(fmt::format("{}: '{}' is not accepted; give {}", name,
                                              escaped(value.value_or("")), *accepted))
                  : std::nullopt;
}

std::optional<ExitCode> Arguments::read_config() {
  if (config_.empty()) {
    return std::nullopt;
  }
  const auto text = read_text(config_, largest_config);
  if (!text) {
    return cannot_read(fmt::format("--config {}: {}", escaped(config_), text.error().message));
  }
  const auto refused = [this](unsigned line, const std::string& why) {
    return usage_error(fmt::format("{} line {}: {}", escaped(config_), line, why));
  };
  const auto lines = parse_config(*text);
  if (!lines) {
    return refused(lines.error().line, lines.error().message);
  }
  for (const auto& line : *lines) {
    if (const auto why = configure(line.name, line.value)) {
      return refused(line.number, *why);
    }
    if (parser_->app.get_option("--" + line.name)->count() == 0) {
      configured_.push_back(line);
    }
  }
  return std::nullopt;
}

std::optional<std::string> Arguments::set_number(const std::string& given, std::int64_t least,
                                                 std::int64_t most,
                                                 const std::function<void(std::int64_t)>& set) {
  std::int64_t number = 0;
  const auto* end = given.data() + given.size();
  const auto [rest, error] = std::from_chars(given.data(), end, number);
  if (error != std::errc{} || rest != end || number < least || number > most) {
    return fmt::format("a whole number from {} to {}", least, most);
  }
  set(number);
  return std::nullopt;
}

std::optional<ExitCode> Arguments::parse(int count, const char* const* arguments) {
  auto& app = parser_->app;
  common_options();
  const auto print = [this](std::string text) {
    while (text.ends_with('\n')) {
      text.pop_back();
    }
    Product product;
    product.line(text);
    if (product.error() != 0) {
      Console(program_.name, {}).error("cannot write to standard output");
      return ExitCode::io;
    }
    return ExitCode::done;
  };
  try {
    app.parse(words_for(
        app, std::span(arguments, static_cast<std::size_t>(count)).subspan(count > 0 ? 1 : 0)));
    if (const auto code = read_config()) {
      return code;
    }
    if (common_.print0 && common_.json) {
      return usage_error("--print0 and --json exclude each other: JSON has a line for each file");
    }
    return read_lists();
  } catch (const CLI::CallForHelp&) {
    return print(app.help());
  } catch (const CLI::CallForVersion&) {
    return print(version_text());
  } catch (const CLI::ArgumentMismatch& error) {
    const std::string text = error.what();
    return usage_error(text.substr(0, text.find(':')) + " needs a value");
  } catch (const CLI::ExtrasError& error) {
    const auto remaining = app.remaining();
    return usage_error(remaining.empty() ? error.what() : suggestion_for(remaining.front()));
  } catch (const CLI::Error& error) {
    return usage_error(escaped(error.what()));
  }
}

/// The names are part of the command line, be it in a file: they are read with it.
std::optional<ExitCode> Arguments::read_lists() {
  if (null_ && lists_.empty()) {
    return usage_error("--null is of use with --files-from only");
  }
  for (const auto& list : lists_) {
    const auto error = read_file_list(list, null_ ? '\0' : '\n', *listed_);
    if (!error.empty()) {
      return cannot_read(fmt::format("--files-from {}: {}", escaped(list), error));
    }
    if (list == "-" && std::ranges::find(*listed_, "-") != listed_->end()) {
      return usage_error("--files-from -: standard input has the list, no file can be - as well");
    }
  }
  return std::nullopt;
}

ExitCode Arguments::cannot_read(std::string_view text) const {
  program_.complain ? program_.complain(text) : Console(program_.name, {}).error(text);
  return ExitCode::io;
}

ExitCode Arguments::usage_error(std::string_view text) const {
  if (program_.complain) {
    program_.complain(text);
    return ExitCode::usage;
  }
  Console console(program_.name, {});
  console.error(text);
  console.note(fmt::format("'{} --help' lists the options", program_.name));
  return ExitCode::usage;
}

/// With its dashes; empty: there is none.
std::string Arguments::near_option(const std::string& name) const {
  std::vector<std::string> names;
  for (const auto* option : std::as_const(parser_->app).get_options()) {
    for (const auto& each : option->get_lnames()) {
      names.push_back("--" + each);
    }
  }
  return nearest(name.starts_with("-") ? name : "--" + name, names);
}

std::string Arguments::suggestion_for(const std::string& unknown) const {
  if (!unknown.starts_with('-')) {
    return fmt::format("unexpected argument '{}'", escaped(unknown));
  }
  const auto typed = unknown.substr(0, unknown.find('='));
  const auto near = near_option(typed);
  return fmt::format("unknown option '{}'{}", escaped(typed),
                     near.empty() ? "" : fmt::format("; did you mean '{}'?", near));
}

std::string Arguments::version_text() const {
  auto text = fmt::format("{} {} (git {})\nlibraries: CLI11 {}, fmt {}.{}.{}", program_.name,
                          DUALCAM_VERSION, git_id(), CLI11_VERSION, FMT_VERSION / 10000,
                          FMT_VERSION / 100 % 100, FMT_VERSION % 100);
  return program_.libraries.empty() ? text : text + ", " + program_.libraries;
}

} // namespace dualcam::inline tools
