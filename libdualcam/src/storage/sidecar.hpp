// FILE.json on its way: the one place where sidecars are written.
#pragma once

#include <optional>
#include <string>

#include "dualcam/storage/barrier.hpp"
#include "dualcam/storage/part_file.hpp"

namespace dualcam {

/// It gets its name before its file does, and whoever has it has the file's name: it is locked as
/// long as the object lives.
class Sidecar {
public:
  /// Begins that of `file`. nullopt: another writer has it. What is there without a file, and
  /// nobody has locked, is of a file that did not come, or has moved on: it will be replaced.
  static Result<std::optional<Sidecar>> reserve(const std::filesystem::path& file);

  /// Its content, which `barrier` is to cover.
  Result<void> write(std::string_view text, Barrier& barrier);
  /// Gives it its name, over the older one that was there when it was reserved. False: another one
  /// has come since.
  Result<bool> publish();
  /// Its file did not come.
  void discard();

private:
  Sidecar(PartFile part, std::filesystem::path name, bool replaces)
      : part_(std::move(part)), name_(std::move(name)), replaces_(replaces) {}

  PartFile part_;
  std::filesystem::path name_;
  bool replaces_; ///< an older one
};

} // namespace dualcam
