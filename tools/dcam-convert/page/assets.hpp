// What stands in every page: page.html, page.css and page.js, as they are in the sources.
#pragma once

#include <string_view>

namespace dualcam::convert {

extern const std::string_view page_frame; ///< with {names} of what goes in
extern const std::string_view page_style;
extern const std::string_view page_script;
/// SHA-256 in Base64: what the page's Content-Security-Policy lets the browser use.
extern const std::string_view page_style_hash;
extern const std::string_view page_script_hash;

} // namespace dualcam::convert
