// A file on its way to disk: complete under its final name, or not there under it at all.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>

#include "dualcam/bytes.hpp"
#include "dualcam/error.hpp"

namespace dualcam {

/// What to do when the final name is taken.
enum class IfExists {
  number,  ///< NAME_1.EXT, NAME_2.EXT, ...
  skip,    ///< leave the old one, drop the new one
  fail,    ///< an error; the new one stays as NAME.part
  replace, ///< the new one takes the name in one step
};

/// `NAME.part`, open and locked against any other writer, until `finish` gives it its name. An
/// abandoned object leaves NAME.part behind. Errors are of category io and name the path.
class PartFile {
public:
  /// Opens an empty `final_name`.part, in a folder that exists. One left behind by an earlier
  /// attempt is started over; if another writer holds it, NAME_1.EXT.part is taken and so on.
  static Result<PartFile> create(const std::filesystem::path& final_name);

  PartFile(PartFile&& other) noexcept;
  PartFile& operator=(PartFile&& other) noexcept;
  ~PartFile();

  const std::filesystem::path& path() const { return path_; }

  /// Appends the pieces. After an error how much of them was written is unknown.
  Result<void> append(std::span<const Bytes> pieces);

  /// Makes what was written durable, still as NAME.part.
  Result<void> sync();

  /// Makes the file durable, then gives it its name, never over another file unless told to
  /// `replace`, then makes the name durable. Returns the name; nullopt if it was taken and
  /// `if_exists` is `skip`: the part is removed then.
  Result<std::optional<std::filesystem::path>> finish(IfExists if_exists);

  /// Removes NAME.part.
  void discard();

private:
  PartFile(int descriptor, std::filesystem::path path, std::filesystem::path final_name);
  Result<bool> publish(const std::filesystem::path& name, IfExists if_exists);
  void close();

  int descriptor_ = -1;
  std::filesystem::path path_;
  std::filesystem::path final_name_;
};

/// `folder/name.ext` -> `folder/name_2.ext`; number 0 changes nothing.
std::filesystem::path numbered(const std::filesystem::path& path, unsigned number);

} // namespace dualcam
