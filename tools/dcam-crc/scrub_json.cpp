#include "dcam-crc/scrub_json.hpp"

#include <algorithm>
#include <array>
#include <vector>

#include "common/imei.hpp"
#include "common/json.hpp"
#include "dualcam/wire/message.hpp"

namespace dualcam::crc {
namespace {

constexpr std::array<std::string_view, 15> known_names{
    "version",  "driver_name", "file",       "file_type",   "file_timestamp",
    "duration", "framerate",   "fm_trigger", "cam_trigger", "type",
    "location", "latitude",    "longitude",  "imei",        "driver"};
/// Of these numbers stay.
constexpr std::array<std::string_view, 6> told_names{"version",  "file_type", "file_timestamp",
                                                     "duration", "framerate", "type"};

bool is_one_of(std::string_view name, std::span<const std::string_view> names) {
  return std::ranges::find(names, name) != names.end();
}

bool is_number(std::string_view text) {
  return !text.empty() && text.find_first_not_of("+-.0123456789eE") == std::string_view::npos &&
         text.find_first_of("0123456789") != std::string_view::npos;
}

/// Escapes stay escapes: `\n` as it is, `\u0041` another letter.
std::string scrubbed_string(std::string_view inside, const ScrubValues& values) {
  std::string scrubbed;
  for (std::size_t at = 0; at < inside.size();) {
    const auto escape = std::min(inside.find('\\', at), inside.size());
    scrubbed += values.text(inside.substr(at, escape - at));
    at = escape;
    if (at == inside.size()) {
      break;
    }
    const bool is_code = at + 6 <= inside.size() && inside[at + 1] == 'u';
    if (is_code) { // of surrogates two make a letter: both become letters
      constexpr std::string_view hex = "0123456789abcdef";
      const auto letter = values.text(inside.substr(at + 2, 4));
      const auto low = static_cast<std::size_t>(letter[3]) % 10;
      scrubbed += "\\u006";
      scrubbed += hex[low == 0 ? 15 : low];
      at += 6;
    } else {
      scrubbed += inside.substr(at, 2);
      at += std::min<std::size_t>(2, inside.size() - at);
    }
  }
  return scrubbed;
}

class Scrubber {
public:
  Scrubber(std::string_view text, ScrubValues& values) : text_(text), values_(values) {}

  std::string run() {
    while (at_ < text_.size()) {
      const auto next = text_[at_];
      if (next == '"') {
        string();
      } else if (next == '-' || (next >= '0' && next <= '9')) {
        token("+-.0123456789eE");
      } else if (next == 't' || next == 'f' || next == 'n') { // true, false, null
        keep(text_.find_first_not_of("truefalsn", at_));
      } else {
        structure(next);
        keep(at_ + 1);
      }
    }
    return std::move(out_);
  }

private:
  void keep(std::size_t end) {
    end = std::min(end, text_.size());
    out_ += text_.substr(at_, end - at_);
    at_ = end;
  }

  void structure(char c) {
    if (c == '{' || c == '[') {
      objects_.push_back(c == '{');
      expects_name_ = c == '{';
    } else if ((c == '}' || c == ']') && !objects_.empty()) {
      objects_.pop_back();
    } else if (c == ':') {
      expects_name_ = false;
    } else if (c == ',') {
      expects_name_ = !objects_.empty() && objects_.back();
    }
  }

  void string() {
    auto end = at_ + 1;
    while (end < text_.size() && text_[end] != '"') {
      end += text_[end] == '\\' ? 2 : 1;
    }
    end = std::min(end, text_.size());
    const auto inside = text_.substr(at_ + 1, end - at_ - 1);
    out_ += '"';
    if (expects_name_) {
      name_ = inside;
      out_ +=
          is_one_of(inside, known_names) ? std::string(inside) : scrubbed_string(inside, values_);
    } else {
      value(inside);
    }
    at_ = end;
    keep(end + 1);
  }

  void token(std::string_view characters) {
    const auto end = std::min(text_.find_first_not_of(characters, at_), text_.size());
    number(text_.substr(at_, end - at_));
    at_ = end;
  }

  void value(std::string_view inside) {
    if (is_number(inside)) {
      number(inside);
    } else {
      out_ += scrubbed_string(inside, values_);
    }
  }

  void number(std::string_view text) {
    const auto imei = parse_whole_imei(text);
    if (is_one_of(name_, told_names)) {
      out_ += text;
    } else if (imei) {
      out_ += format_imei(values_.imei(*imei));
    } else {
      out_ += values_.coordinate(text, name_ == "latitude");
    }
  }

  std::string_view text_;
  ScrubValues& values_;
  std::string out_;
  std::size_t at_ = 0;
  std::vector<bool> objects_;
  bool expects_name_ = false;
  std::string_view name_;
};

} // namespace

std::string scrubbed_json(std::string_view text, ScrubValues& values) {
  const auto end = text.find_last_not_of('\0') + 1; // devices end text in NULs
  const auto document = text.substr(0, end);
  return (Json::accept(document) ? Scrubber(document, values).run() : values.text(document)) +
         std::string(text.substr(end));
}

} // namespace dualcam::crc
