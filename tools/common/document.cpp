#include "common/document.hpp"

#include <algorithm>
#include <charconv>
#include <unordered_map>
#include <vector>

#include "common/utf8.hpp"

namespace dualcam::inline tools {
namespace {

std::unexpected<Error> bad_document(std::uint64_t offset, std::string message) {
  return std::unexpected(Error{ErrorCategory::malformed, offset, std::move(message)});
}

/// Behind the string that begins with the quote at `i`, or at the end.
std::size_t behind_string(std::string_view json, std::size_t i) {
  for (++i; i < json.size() && json[i] != '"'; ++i) {
    i += json[i] == '\\' ? 1 : 0;
  }
  return std::min(i + 1, json.size());
}

std::size_t nesting(std::string_view json) {
  std::size_t depth = 0;
  std::size_t deepest = 0;
  for (std::size_t i = 0; i < json.size();) {
    const char c = json[i];
    i = c == '"' ? behind_string(json, i) : i + 1;
    if (c == '[' || c == '{') {
      deepest = std::max(deepest, ++depth);
    } else if ((c == ']' || c == '}') && depth > 0) {
      --depth;
    }
  }
  return deepest;
}

/// Of `text`, in front of what is at `offset` in utf8_or_latin1(text).
std::size_t bytes_before(std::string_view text, std::size_t offset) {
  std::size_t here = 0;
  for (std::size_t there = 0; there < offset && here < text.size();) {
    const auto length = first_utf8(text.substr(here)).length;
    here += length == 0 ? 1 : length;
    there += length == 0 ? 2 : length;
  }
  return here;
}

bool is_too_large(std::string_view number) {
  double value = 0;
  const auto read = std::from_chars(number.begin(), number.end(), value);
  return read.ec == std::errc::result_out_of_range;
}

/// Numbers that are too large to represent, as text: then the others are not lost.
std::string with_large_numbers_as_text(std::string_view json) {
  std::string result;
  while (!json.empty()) {
    const auto digits =
        std::min(json.find_first_not_of("+-.0123456789Ee"), json.size()); // or letters of a word
    const auto size = json[0] == '"' ? behind_string(json, 0) : std::max<std::size_t>(digits, 1);
    const auto token = json.substr(0, size);
    result += is_too_large(token) ? '"' + std::string(token) + '"' : std::string(token);
    json.remove_prefix(size);
  }
  return result;
}

/// Builds the document, a key's every value in its place.
class Builder : public Json::json_sax_t {
public:
  /// What stopped it.
  struct Fault {
    std::size_t bytes; ///< read until then
    bool too_large;    ///< a number
  };

  Json take() && { return std::move(root_); }
  const Fault& fault() const { return fault_; }

  bool null() override { return add(nullptr); }
  bool boolean(bool value) override { return add(value); }
  bool number_integer(number_integer_t value) override { return add(value); }
  bool number_unsigned(number_unsigned_t value) override { return add(value); }
  bool number_float(number_float_t value, const string_t&) override { return add(value); }
  bool string(string_t& value) override { return add(std::move(value)); }
  bool binary(binary_t& value) override { return add(std::move(value)); }
  bool start_object(std::size_t) override { return open(Json::object()); }
  bool start_array(std::size_t) override { return open(Json::array()); }
  bool end_object() override { return close(); }
  bool end_array() override { return close(); }
  bool key(string_t& value) override {
    key_ = std::move(value);
    return true;
  }
  bool parse_error(std::size_t bytes, const std::string&,
                   const nlohmann::detail::exception& error) override {
    constexpr int number_overflow = 406;
    fault_ = {bytes, error.id == number_overflow};
    return false;
  }

private:
  Json& place(Json value) {
    if (open_.empty()) {
      return root_ = std::move(value);
    }
    if (open_.back()->is_array()) {
      return open_.back()->get_ref<Json::array_t&>().emplace_back(std::move(value));
    }
    auto& members = open_.back()->get_ref<Json::object_t&>();
    members.emplace_back(std::move(key_), std::move(value));
    return members.back().second;
  }
  bool add(Json value) {
    place(std::move(value));
    return true;
  }
  bool open(Json value) {
    open_.push_back(&place(std::move(value)));
    return true;
  }
  bool close() {
    open_.pop_back();
    return true;
  }

  Json root_;               ///< null until something has come
  std::vector<Json*> open_; ///< nothing is added to one before those behind it are closed
  std::string key_;
  Fault fault_{};
};

Result<Json> parsed(std::string_view text, bool as_it_stands = true) {
  const auto utf8 = utf8_or_latin1(text);
  Builder builder;
  if (!Json::sax_parse(utf8, &builder)) {
    const auto [bytes, too_large] = builder.fault();
    if (too_large && as_it_stands) {
      return parsed(with_large_numbers_as_text(text), false);
    }
    const auto offset = bytes > 0 ? bytes - 1 : 0;
    return bad_document(bytes_before(text, offset), offset >= utf8.size()
                                                        ? "the JSON ends early"
                                                        : "this is no well-formed JSON");
  }
  auto json = std::move(builder).take();
  return json.is_object() ? Result<Json>(std::move(json))
                          : bad_document(0, "a JSON object was expected");
}

} // namespace

Result<Json> parse_document(std::string_view text) {
  text = text.substr(0, text.find_last_not_of('\0') + 1); // some devices end strings in it
  if (text.size() > longest_document) {
    return bad_document(longest_document, "the JSON is too long: at most 1 MiB was expected");
  }
  if (nesting(text) > deepest_document) {
    return bad_document(0, "the JSON is nested too deep: at most 64 levels were expected");
  }
  return parsed(text);
}

Json without_repeats(const Json& value) {
  if (value.is_array()) {
    auto list = Json::array();
    for (const auto& element : value) {
      list.push_back(without_repeats(element));
    }
    return list;
  }
  if (!value.is_object()) {
    return value;
  }
  auto object = Json::object();
  auto& members = object.get_ref<Json::object_t&>();
  std::unordered_map<std::string_view, std::ptrdiff_t> places;
  for (const auto& [key, member] : value.items()) {
    if (const auto [place, fresh] = places.try_emplace(key, std::ssize(members)); fresh) {
      members.emplace_back(key, without_repeats(member));
    } else {
      std::next(members.begin(), place->second)->second = without_repeats(member);
    }
  }
  return object;
}

} // namespace dualcam::inline tools
