#include "common/document.hpp"

#include <algorithm>
#include <unordered_map>
#include <vector>

#include "common/mended_json.hpp"
#include "common/utf8.hpp"

namespace dualcam::inline tools {
namespace {

std::size_t nesting(std::string_view json) {
  std::size_t depth = 0;
  std::size_t deepest = 0;
  for (std::size_t i = 0; i < json.size();) {
    const char c = json[i];
    i = c == '"' ? behind_json_string(json, i) : i + 1;
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

/// Builds the document, a key's every value in its place.
class Builder : public Json::json_sax_t {
public:
  Json take() && { return std::move(root_); }
  /// Read until it was stopped.
  std::size_t bytes() const { return bytes_; }

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
                   const nlohmann::detail::exception&) override {
    bytes_ = bytes;
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
  std::size_t bytes_ = 0;
};

Result<Json> parsed(std::string_view text) {
  const auto utf8 = utf8_or_latin1(text);
  Builder builder;
  if (!Json::sax_parse(utf8, &builder)) {
    const auto offset = builder.bytes() > 0 ? builder.bytes() - 1 : 0;
    return malformed_error(bytes_before(text, offset), offset >= utf8.size()
                                                           ? "the JSON ends early"
                                                           : "this is no well-formed JSON");
  }
  auto json = std::move(builder).take();
  return json.is_object() ? Result<Json>(std::move(json))
                          : malformed_error(0, "a JSON object was expected");
}

} // namespace

Result<Json> parse_document(std::string_view text) {
  text = text.substr(0, text.find_last_not_of('\0') + 1); // some devices end strings in it
  if (text.size() > longest_document) {
    return malformed_error(longest_document, "the JSON is too long: at most 1 MiB was expected");
  }
  if (nesting(text) > deepest_document) {
    return malformed_error(0, "the JSON is nested too deep: at most 64 levels were expected");
  }
  auto document = parsed(text);
  if (!document) {
    if (auto mended = parsed(mended_json(text))) {
      return mended;
    }
  }
  return document;
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
