// Strings as HTML, links and JSON have them: whatever is in them, they stay strings.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "common/json.hpp"

namespace dualcam::convert {

/// For between tags and in attributes with quotes. `text` is printable, as what comes from
/// `escaped` is.
std::string html(std::string_view text);

/// The same of text that comes from a device or a file system, made printable first.
std::string html_of_any(std::string_view text);

/// The path of `file` seen from `folder`, percent-encoded: no scheme, no query, nothing that
/// HTML interprets. Both are absolute and without dots.
std::string relative_link(const std::filesystem::path& file, const std::filesystem::path& folder);

/// For inside a script element, which nothing in it ends.
std::string script_json(const Json& json);

} // namespace dualcam::convert
