// The JSON document that a device of protocol 6 and up sends as metadata; dualcam-protocol(7).
#pragma once

#include <string_view>

#include "common/record.hpp"

namespace dualcam::inline tools {

/// Whether it has any of the keys that only such a document has.
bool is_camera_document(const Json& document);

/// Whether it has the one that others have, too: a camera need not tell more than its version.
bool tells_version(const Json& document);

/// What is known of it. Any key may be missing, stand at another depth, come several times, in one
/// object, too (then the last good value counts), or have a value that makes no sense: then it is
/// not told, and the others are. `text` is the document as it came.
Record record_of_camera_document(const Json& document, std::string_view text);

} // namespace dualcam::inline tools
