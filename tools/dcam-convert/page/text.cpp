#include "dcam-convert/page/text.hpp"

#include <fmt/format.h>

#include "common/escape.hpp"

namespace dualcam::convert {
namespace {

std::string_view entity(char character) {
  switch (character) {
  case '&':
    return "&amp;";
  case '<':
    return "&lt;";
  case '>':
    return "&gt;";
  case '"':
    return "&quot;";
  case '\'':
    return "&#39;";
  default:
    return {};
  }
}

bool is_unreserved(char character) { // RFC 3986, and what separates names
  return (character >= 'a' && character <= 'z') || (character >= 'A' && character <= 'Z') ||
         (character >= '0' && character <= '9') || std::string_view("-._~/").contains(character);
}

} // namespace

std::string html(std::string_view text) {
  std::string result;
  result.reserve(text.size());
  for (const char character : text) {
    if (const auto safe = entity(character); !safe.empty()) {
      result += safe;
    } else {
      result += character;
    }
  }
  return result;
}

std::string html_of_any(std::string_view text) { return html(escaped(text)); }

std::string relative_link(const std::filesystem::path& file, const std::filesystem::path& folder) {
  std::string link;
  for (const char character : file.lexically_relative(folder).string()) {
    if (is_unreserved(character)) {
      link += character;
    } else {
      link += fmt::format("%{:02X}", static_cast<unsigned char>(character));
    }
  }
  return link;
}

std::string script_json(const Json& json) {
  std::string result;
  for (const char character : to_line(json)) {
    if (character == '<' || character == '>' || character == '&') {
      result += fmt::format("\\u{:04x}", static_cast<unsigned char>(character));
    } else {
      result += character;
    }
  }
  return result;
}

} // namespace dualcam::convert
