/// \file
/// The two ways of asking for a file by path: by the whole path, or by its first bytes, as the
/// vendor's server asks some cameras [run]. A DualCam's kinds are asked for in one way.
///
/// ServerSession has one; it is used by one thread at a time. Its text is valid as long as the
/// FileRef, unchanged.
#pragma once

#include <string_view>

#include "dualcam/files/file_ref.hpp"
#include "dualcam/session/deadlines.hpp"

namespace dualcam {

/// How a device is asked, until it has shown which form it understands.
class RequestForm {
public:
  /// By the whole path at first.
  RequestForm() = default;
  /// By its first bytes at first, if `shortened`.
  explicit RequestForm(bool shortened) : usual_(shortened), shortened_(shortened) {}

  /// What FILE REQUEST carries.
  std::string_view request(const FileRef& file) const;
  /// What METADATA REQUEST carries.
  std::string_view metadata_request(const FileRef& file) const;
  /// Whether these are the path's first bytes.
  bool is_shortened() const { return shortened_; }

  /// How long START may take until the other form is tried: `wait`, for ever if there is none.
  Milliseconds patience(const FileRef& file, Milliseconds wait) const;
  /// The device did not understand: from here on the other form, which is tried once. False if
  /// there is none, or the device has understood one before.
  bool turn(const FileRef& file);
  /// The device has begun the file.
  void understood(const FileRef& file);
  /// The device has understood neither form: the next file is asked for as the first one was.
  void give_up();

private:
  bool usual_ = false; ///< `shortened_`, at first
  bool shortened_ = false;
  bool turned_ = false;
  bool understood_ = false; ///< with a file by path
};

} // namespace dualcam
