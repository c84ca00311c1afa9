#include "dcam-crc/scrub_values.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "common/hex_digits.hpp"
#include "common/utf8.hpp"
#include "dualcam/files/file_kind.hpp"

namespace dualcam::crc {
namespace {

constexpr std::string_view digits = "0123456789";
/// Of these no word is made that tells a camera or a medium: dsm, mdas9, dualcam, picture, video.
constexpr std::string_view lower = "abcefghijklnoqrstuwxyz";
constexpr std::string_view upper = "ABCEFGHIJKLNOQRSTUWXYZ";

char other_of(std::string_view set, char old, ScrubDraw& draw) {
  for (;;) {
    const auto drawn = set[static_cast<std::size_t>(draw.below(set.size()))];
    if (drawn != old) {
      return drawn;
    }
  }
}

char other_character(char old, ScrubDraw& draw) {
  return is_decimal_digit(old) ? other_of(digits, old, draw)
         : is_lower(old)       ? other_of(lower, old, draw)
         : is_upper(old)       ? other_of(upper, old, draw)
                               : old;
}

/// A letter beyond ASCII of as many bytes, or a byte that is none.
std::string other_letter(std::string_view old, ScrubDraw& draw) {
  const auto low = [&] { return static_cast<char>(0x80 | draw.below(0x40)); };
  switch (old.size()) {
  case 2: // Cyrillic
    return {'\xD0', static_cast<char>(0xB0 | draw.below(0x10))};
  case 3: // Chinese
    return {'\xE5', low(), low()};
  case 4: // of the supplementary planes
    return {'\xF0', '\xA0', low(), low()};
  default:
    return {low()};
  }
}

/// The check digit behind 14 others.
unsigned luhn(std::uint64_t fourteen) {
  unsigned sum = 0;
  for (bool doubled = true; fourteen != 0; fourteen /= 10, doubled = !doubled) {
    const auto digit = static_cast<unsigned>(fourteen % 10) * (doubled ? 2 : 1);
    sum += digit / 10 + digit % 10;
  }
  return (10 - sum % 10) % 10;
}

/// `231020` or `231452`: a date or a time that can be.
bool is_date_or_time(std::string_view six) {
  const auto pair = [&](std::size_t at) { return (six[at] - '0') * 10 + six[at + 1] - '0'; };
  const bool is_date = pair(2) >= 1 && pair(2) <= 12 && pair(4) >= 1 && pair(4) <= 31;
  return is_date || (pair(0) <= 23 && pair(2) <= 59 && pair(4) <= 59);
}

/// One that can be either.
std::string invented_date_or_time(ScrubDraw& draw) {
  std::string text;
  for (const auto& [least, count] : {std::pair{10U, 14U}, {1U, 12U}, {1U, 28U}}) {
    const auto value = least + static_cast<unsigned>(draw.below(count));
    text += static_cast<char>('0' + value / 10);
    text += static_cast<char>('0' + value % 10);
  }
  return text;
}

/// How much of the path from `at` on stays as it is.
std::size_t told_by(std::string_view path, std::size_t at) {
  for (const std::string_view word :
       {"dualcam_front", "dualcam_rear", "dashcam", "picture", "mdas9", "video", "dsm"}) {
    if (path.substr(at).starts_with(word)) {
      return word.size();
    }
  }
  constexpr std::size_t longest_extension = 5;
  const auto rest = path.substr(at);
  const bool is_extension = rest.size() <= longest_extension && rest.rfind('.') == 0;
  return is_extension ? rest.size() : 0;
}

} // namespace

ScrubDraw ScrubValues::draw_for(ScrubKey::Use use, std::string_view text,
                                std::uint64_t attempt) const {
  ByteBuffer whole;
  append_be(whole, attempt);
  append(whole, as_bytes(text));
  return ScrubDraw(key_.number(use, whole));
}

std::uint64_t ScrubValues::imei(std::uint64_t imei) {
  const auto known = imeis_.find(imei);
  if (known != imeis_.end()) {
    return known->second;
  }
  constexpr std::uint64_t first = 35'000'000'000'000; // 35 is what many begin with
  const auto text = std::to_string(imei);
  for (std::uint64_t attempt = 0;; ++attempt) {
    auto draw = draw_for(ScrubKey::Use::imei, text, attempt);
    const auto fourteen = first + draw.below(1'000'000'000'000);
    const auto invented = fourteen * 10 + luhn(fourteen);
    if (invented != imei && imeis_invented_.insert(invented).second) {
      return imeis_[imei] = invented;
    }
  }
}

double ScrubValues::degrees(double value, double most) const {
  constexpr std::int64_t steps = 1'000'000; // a degree, as devices have them
  const auto range = static_cast<std::int64_t>(most) * steps;
  ByteBuffer bits;
  append_be(bits, std::bit_cast<std::uint64_t>(value));
  append_be(bits, static_cast<std::uint64_t>(range));
  ScrubDraw draw(key_.number(ScrubKey::Use::coordinate, bits));
  const auto drawn = static_cast<std::int64_t>(draw.below(2 * static_cast<std::uint64_t>(range)));
  return static_cast<double>(drawn - range) / static_cast<double>(steps);
}

Position ScrubValues::position(const Position& position) const {
  constexpr double most_latitude = 80;
  constexpr double most_longitude = 179;
  constexpr auto none = std::numeric_limits<double>::quiet_NaN();
  if (is_no_fix(position)) {
    return position;
  }
  const auto instead = [&](double value, double limit, double most) {
    return std::isnan(value)         ? none
           : std::abs(value) > limit ? limit * 2 + std::abs(degrees(value, most))
                                     : degrees(value, most);
  };
  return {instead(position.latitude, 90, most_latitude),
          instead(position.longitude, 180, most_longitude)};
}

std::string ScrubValues::text(std::string_view text) const {
  auto draw = draw_for(ScrubKey::Use::text, text, 0);
  std::string invented;
  for (std::size_t at = 0; at < text.size();) {
    const auto size = std::max<std::size_t>(first_utf8(text.substr(at)).length, 1);
    const bool is_ascii = static_cast<unsigned char>(text[at]) < 0x80;
    invented += is_ascii ? std::string(1, other_character(text[at], draw))
                         : other_letter(text.substr(at, size), draw);
    at += size;
  }
  return invented;
}

std::string ScrubValues::coordinate(std::string_view number, bool is_latitude) const {
  if (number.find_first_of("123456789") >= number.find_first_of("eE")) {
    return std::string(number); // zero
  }
  auto draw = draw_for(ScrubKey::Use::coordinate, number, is_latitude ? 1 : 2);
  std::string invented(number);
  const auto first = std::min(number.find_first_of(digits), number.size());
  const auto end = std::min(number.find_first_not_of(digits, first), number.size());
  for (auto i = first; i < number.size() && number[i] != 'e' && number[i] != 'E'; ++i) {
    if (!is_decimal_digit(number[i])) {
      continue;
    }
    const bool hundreds = !is_latitude && end - first == 3; // of degrees: up to 179
    invented[i] = hundreds && i == first       ? '1'
                  : hundreds && i == first + 1 ? other_of("01234567", number[i], draw)
                  : i == first                 ? other_of("12345678", number[i], draw)
                                               : other_of(digits, number[i], draw);
  }
  return invented;
}

std::string ScrubValues::invented_path(std::string_view path, std::uint64_t attempt) const {
  auto draw = draw_for(ScrubKey::Use::text, path, attempt);
  std::string invented;
  while (invented.size() < path.size()) {
    const auto at = invented.size();
    if (const auto stays = told_by(path, at)) {
      invented += path.substr(at, stays);
      continue;
    }
    const auto next = path.substr(at, 7); // no more: paths of 60 KB come, too
    const auto count = std::min(next.find_first_not_of(digits), next.size());
    if (count == 6 && (at == 0 || !is_decimal_digit(path[at - 1])) &&
        is_date_or_time(next.substr(0, count))) {
      invented += invented_date_or_time(draw);
      continue;
    }
    const auto size = std::max<std::size_t>(first_utf8(path.substr(at)).length, 1);
    const bool is_ascii = static_cast<unsigned char>(path[at]) < 0x80;
    invented += is_ascii ? std::string(1, other_character(path[at], draw))
                         : other_letter(path.substr(at, size), draw);
  }
  return invented;
}

std::string ScrubValues::path(std::string_view path) {
  constexpr std::uint64_t most_attempts = 64; // of one letter there are not many
  if (path.ends_with('\0')) {
    return this->path(path.substr(0, path.size() - 1)) + '\0';
  }
  const auto known = paths_.find(path);
  if (known != paths_.end()) {
    return known->second;
  }
  auto invented = invented_path(path, 0);
  for (std::uint64_t i = 1; i < most_attempts && paths_invented_.contains(invented); ++i) {
    invented = invented_path(path, i);
  }
  paths_invented_.insert(invented);
  return paths_[std::string(path)] = invented;
}

std::string ScrubValues::request(std::string_view request) {
  if (file_kind_identified(as_bytes(request))) {
    return std::string(request);
  }
  const auto next = paths_.lower_bound(request);
  if (request.size() == short_request_size && next != paths_.end() &&
      next->first.starts_with(request)) {
    return next->second.substr(0, request.size());
  }
  return path(request);
}

/// 198.18.0.0/15 is for tests, 10.0.0.0/8 for what that has no room for; 2001:db8::/32 for
/// documents.
Endpoint ScrubValues::address(const Endpoint& endpoint) {
  constexpr std::uint32_t tests = 0xC612'0000;
  constexpr std::uint32_t room = 1 << 17;
  constexpr std::uint32_t others = 0x0A00'0000;
  auto known = addresses_.find(endpoint.address);
  while (known == addresses_.end()) {
    const auto number = next_address_++;
    auto invented = Endpoint::v4(number < room ? tests + number : others + number, 0);
    if (!endpoint.is_v4()) {
      invented.address = {std::byte{0x20}, std::byte{0x01}, std::byte{0x0D}, std::byte{0xB8}};
      store_be(std::span(invented.address).subspan<12>(), number);
    }
    if (!addresses_found_.contains(invented.address)) {
      known = addresses_.emplace(endpoint.address, invented.address).first;
    }
  }
  return {known->second, endpoint.port};
}

} // namespace dualcam::crc
