/// \file
/// Files that are left alone for the rest of a connection, because they are stored, or refused: a
/// camera may offer them again and again.
#pragma once

#include <cstddef>
#include <map>

#include "dualcam/files/file_ref.hpp"
#include "dualcam/wire/bytes.hpp"

namespace dualcam {

/// Holds a bounded number of them, and forgets all when there are more. An object is used by one
/// thread at a time.
class LeftAlone {
public:
  /// So many at most: a path may be long.
  static constexpr std::size_t most = 64;

  /// `metadata`: its payload, empty if that is not known.
  void add(const FileRef& file, Bytes metadata);
  /// Whether it is one of them. Metadata of another time tells it from others that are called so.
  bool contains(const FileRef& file, Bytes metadata) const;

private:
  std::map<FileRef, ByteBuffer> files_; ///< and their metadata
};

} // namespace dualcam
