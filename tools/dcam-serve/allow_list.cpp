#include "dcam-serve/allow_list.hpp"

#include <algorithm>
#include <cctype>
#include <optional>

#include <fmt/format.h>

#include "common/blanks.hpp"
#include "common/imei.hpp"
#include "common/input_file.hpp"
#include "dualcam/wire/message.hpp"

namespace dualcam::serve {
namespace {

constexpr std::size_t fingerprint_digits = 64;
constexpr std::size_t largest_list = std::size_t{64} << 20;

/// In the spelling of TlsStream, from the usual ones: with colons or spaces, behind what openssl
/// and ssh-keygen put before it.
std::optional<std::string> parse_fingerprint(std::string_view text) {
  std::string plain;
  for (const char character : text) {
    plain += static_cast<char>(std::tolower(static_cast<unsigned char>(character)));
  }
  for (const std::string_view prefix : {"sha256 fingerprint=", "sha256:", "sha-256:"}) {
    if (plain.starts_with(prefix)) {
      plain.erase(0, prefix.size());
    }
  }
  std::erase_if(plain, [](char character) { return character == ':' || character == ' '; });
  const bool valid = plain.size() == fingerprint_digits &&
                     plain.find_first_not_of("0123456789abcdef") == plain.npos;
  return valid ? std::optional(plain) : std::nullopt;
}

} // namespace

Result<AllowList> AllowList::load(const std::vector<std::string>& given) {
  AllowList list;
  list.everybody_ = given.empty();
  for (const auto& entry : given) {
    if (!entry.starts_with('@')) {
      list.devices_[*parse_imei(entry)];
    } else if (const auto read = list.read(entry.substr(1)); !read) {
      return std::unexpected(read.error());
    }
  }
  return list;
}

bool AllowList::allows(std::uint64_t imei, const std::string& fingerprint) const {
  const auto device = devices_.find(imei);
  return device == devices_.end() ? everybody_
                                  : device->second.empty() || device->second.contains(fingerprint);
}

Result<void> AllowList::read(const std::string& path) {
  const auto text = read_text(path, largest_list);
  if (!text) {
    return std::unexpected(Error{text.error().category, 0,
                                 fmt::format("cannot read {}: {}", path, text.error().message)});
  }
  int number = 0;
  for (auto rest = without_byte_order_mark(*text); !rest.empty();) {
    ++number;
    const auto end = std::min(rest.find('\n'), rest.size());
    const auto line = without_comment(rest.substr(0, end));
    if (!line.empty() && !add(line)) {
      return std::unexpected(
          Error{ErrorCategory::malformed, 0,
                fmt::format("{} line {}: '{}' is no IMEI (15 digits), alone or before the SHA-256 "
                            "fingerprint of a certificate (64 hex digits)",
                            path, number, line.substr(0, 2 * fingerprint_digits))});
    }
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return {};
}

bool AllowList::add(std::string_view line) {
  const auto end = std::min(line.find_first_of(blanks), line.size());
  const auto imei = parse_whole_imei(line.substr(0, end));
  if (!imei) {
    return false;
  }
  const auto rest = without_blanks(line.substr(end));
  auto& fingerprints = devices_[*imei];
  if (rest.empty()) {
    return true;
  }
  const auto fingerprint = parse_fingerprint(rest);
  if (fingerprint) {
    fingerprints.insert(*fingerprint);
    ties_certificates_ = true;
  }
  return fingerprint.has_value();
}

} // namespace dualcam::serve
