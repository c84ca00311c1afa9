#include "dcam-serve/name_template.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <utility>

#include <fmt/format.h>

#include "common/escape.hpp"
#include "dualcam/storage/file_names.hpp"
#include "dualcam/storage/name_length.hpp"
#include "dualcam/storage/state_folder.hpp"

namespace dualcam::serve {
namespace {

constexpr std::size_t longest_component = 220; // NAME_MAX less room for what is appended
constexpr std::size_t longest_extension = 8;

struct Placeholder {
  std::string_view name;
  std::string NameValues::* value;
};

constexpr std::array placeholders{
    Placeholder{"imei", &NameValues::imei},
    Placeholder{"time", &NameValues::time},
    Placeholder{"trigger_time", &NameValues::trigger_time},
    Placeholder{"received", &NameValues::received},
    Placeholder{"kind", &NameValues::kind},
    Placeholder{"camera", &NameValues::camera},
    Placeholder{"path", &NameValues::path},
    Placeholder{"trigger", &NameValues::trigger},
    Placeholder{"ext", &NameValues::extension},
};

std::string reduced(std::string_view value) {
  std::string result(value);
  std::ranges::replace_if(
      result,
      [](char c) {
        const bool alphanumeric =
            (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        return !alphanumeric && c != '.' && c != '_' && c != '-';
      },
      '_');
  return result;
}

/// One component of the path, harmless as a file name and as an argument, and not like the names
/// that stand beside those of files: a sidecar would take the place of a file.
std::string safe_component(std::string component) {
  if (component.size() > longest_component) {
    const auto dot = component.rfind('.');
    const bool has_extension = component.size() - dot <= longest_extension; // also: there is a dot
    const auto extension = has_extension ? component.substr(dot) : std::string();
    component = cut_name(std::move(component), longest_component - extension.size()) + extension;
  }
  if (component.empty() || component == "." || component == "..") {
    return "_";
  }
  if (component.front() == '-' || component == state_folder_name) {
    component.front() = '_';
  }
  for (const auto ours : {part_suffix, checkpoint_suffix, sidecar_suffix}) {
    if (component.ends_with(ours)) {
      component.resize(std::min(component.size(), longest_component - 1));
      component += '_';
    }
  }
  return component;
}

std::filesystem::path path_of(std::string_view text) {
  std::filesystem::path path;
  for (;;) {
    const auto slash = text.find('/');
    path /= safe_component(std::string(text.substr(0, slash)));
    if (slash == std::string_view::npos) {
      return path;
    }
    text.remove_prefix(slash + 1);
  }
}

} // namespace

std::expected<NameTemplate, std::string> NameTemplate::parse(std::string_view text) {
  if (text.empty() || text.front() == '/' || text.back() == '/') {
    return std::unexpected("it must be a path below the output folder, ending in a file name");
  }
  if (text.find('\0') != std::string_view::npos) {
    return std::unexpected("it must not contain NUL");
  }
  NameTemplate result;
  while (!text.empty()) {
    const auto open = text.find('{');
    std::string literal(text.substr(0, open));
    if (open == std::string_view::npos) {
      result.parts_.push_back({std::move(literal), nullptr});
      break;
    }
    const auto close = text.find('}', open);
    if (close == std::string_view::npos) {
      return std::unexpected("a '{' has no '}'");
    }
    const auto name = text.substr(open + 1, close - open - 1);
    const auto* found = std::ranges::find(placeholders, name, &Placeholder::name);
    if (found == placeholders.end()) {
      return std::unexpected(fmt::format("there is no '{{{}}}'", escaped(name)));
    }
    result.parts_.push_back({std::move(literal), found->value});
    text.remove_prefix(close + 1);
  }
  const std::filesystem::path literal_path = [&] {
    std::string literals;
    for (const auto& part : result.parts_) {
      literals += part.literal + (part.value != nullptr ? "x" : "");
    }
    return literals;
  }();
  if (std::ranges::find(literal_path, "..") != literal_path.end()) {
    return std::unexpected("'..' would leave the output folder");
  }
  return result;
}

std::filesystem::path NameTemplate::fixed_folder() const {
  const auto& text = parts_.front().literal;
  const auto end = text.rfind('/');
  return end == std::string::npos ? "" : path_of(text.substr(0, end));
}

unsigned NameTemplate::levels() const {
  std::ptrdiff_t slashes = 0;
  for (const auto& part : parts_) {
    slashes += std::ranges::count(part.literal, '/');
  }
  return static_cast<unsigned>(slashes);
}

std::filesystem::path NameTemplate::expand(const NameValues& values) const {
  std::string text;
  for (const auto& part : parts_) {
    text += part.literal;
    if (part.value != nullptr) {
      text += reduced(values.*part.value);
    }
  }
  return path_of(text);
}

} // namespace dualcam::serve
