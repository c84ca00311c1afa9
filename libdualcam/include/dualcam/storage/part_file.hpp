/// \file
/// A file on its way to disk: complete under its final name, or not there under it at all.
///
/// An object is used by one thread at a time; every call may block as long as the disk takes. After
/// `finish`, `take_name` or `discard` nothing but destruction, assignment and `path` is legal, and
/// when moved from not even that. What is closed is unlocked; what is not synced may be lost in a
/// power cut.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <span>

#include "dualcam/storage/durable.hpp"
#include "dualcam/storage/file.hpp"
#include "dualcam/storage/kept_path.hpp"
#include "dualcam/wire/bytes.hpp"

namespace dualcam {

/// What to do when the final name is taken.
enum class IfExists {
  number,  ///< NAME_1.EXT, NAME_2.EXT, ...
  skip,    ///< leave the old one, drop the new one
  fail,    ///< an error; the new one stays as NAME.part
  replace, ///< the new one takes the name in one step
};

/// Which number a file gets that is to be called `name` (`numbered`): 0, or where others are to
/// stay a free one, which is none of `reserved`. Errors as of `free_number`.
Result<unsigned> number_for(const std::filesystem::path& name, IfExists if_exists,
                            const std::set<unsigned>& reserved = {});

/// What an existing file is opened for.
enum class Access {
  read,  ///< `size` and `read` only
  write, ///< everything
};

/// What to do with a part that an earlier attempt has left.
enum class Leftover {
  start_over, ///< it is emptied
  keep,       ///< unless it is empty another name is taken
};

/// The last appended bytes, while they do not fill a block of the file system.
enum class Tail {
  written,   ///< as all others
  held_back, ///< in memory, so that no block is written more than once
};

/// `NAME.part`, open and locked (flock) against any other writer, until `finish` gives it its name.
/// An abandoned object leaves NAME.part where it is. Errors are of category io and name the path.
class PartFile {
public:
  /// Opens an empty `final_name`.part, in a folder that exists; if another writer holds that,
  /// NAME_1.EXT.part, and so on. `is_free` may refuse the path of a part.
  static Result<PartFile>
  create(const std::filesystem::path& final_name, Leftover leftover = Leftover::start_over,
         const std::function<Result<bool>(const std::filesystem::path&)>& is_free = {});

  /// Opens or creates this part, as it is. nullopt: another writer holds it.
  static Result<std::optional<PartFile>> lock(const std::filesystem::path& part,
                                              const std::filesystem::path& final_name);

  /// Creates an empty part. nullopt: there is something of this name, or another writer was
  /// quicker.
  static Result<std::optional<PartFile>> reserve(const std::filesystem::path& part);

  /// Opens an existing part for `final_name`, as it is. nullopt: it has gone, or another writer
  /// holds it.
  static Result<std::optional<PartFile>> open(const std::filesystem::path& part,
                                              const std::filesystem::path& final_name,
                                              Access access = Access::write);

  /// NAME.part; after `finish` the name it got.
  std::filesystem::path path() const { return file_->path(); }
  /// The name that `finish` is to give it.
  std::filesystem::path final_name() const { return final_name_; }
  /// Another one; on the same file system.
  void set_final_name(const std::filesystem::path& name) { final_name_ = name; }
  /// It has been renamed.
  void set_path(const std::filesystem::path& path) { file_->set_path(path); }
  /// The open file, where it is when this object has been moved, too.
  const File& file() const { return *file_; }

  /// In bytes, `tail` included.
  Result<std::uint64_t> size() const;

  /// As File::read; `tail` is behind what is in the file.
  Result<Bytes> read(std::uint64_t offset, std::span<std::byte> into) const;
  /// As File::read_each, the same.
  Result<void> read_each(std::uint64_t begin, std::uint64_t end,
                         const std::function<void(Bytes)>& take) const;

  /// Drops what comes after `size` bytes; `append` goes on there.
  Result<void> truncate(std::uint64_t size);

  /// Appends the pieces, not durable yet, behind what was held back. After an error how much of
  /// them was written is unknown.
  Result<void> append(std::span<const Bytes> pieces, Tail tail = Tail::written);
  /// What is held back now: at most `longest_tail` bytes; nullptr: nothing.
  const std::shared_ptr<const ByteBuffer>& tail() const { return tail_; }

  /// Before a sync of a part that grows little by little and will have `whole` bytes: asks for room
  /// for what is to come, so that the file system has few pieces to keep account of.
  void make_room(std::uint64_t synced, std::uint64_t whole);
  /// Gives back what of that was not used.
  Result<void> give_room_back();

  /// Makes what was written durable, still as NAME.part.
  Result<void> sync();

  /// Makes the file durable, then gives it its name, never over another file unless told to
  /// `replace`, then makes the name durable. Returns the name; nullopt if it was taken and
  /// `if_exists` is `skip`: the part is removed then.
  Result<std::optional<std::filesystem::path>> finish(IfExists if_exists);

  /// An error if its name is not, or no longer, this file's: others may move its folder.
  Result<void> check_named() const;
  /// Gives it this name, which is not durable yet; closes it then. False: it is taken, and
  /// `if_exists` is not `replace`. An error, too, if `check_named` gives one, before or after.
  Result<bool> take_name(const std::filesystem::path& name, IfExists if_exists);

  /// Removes NAME.part.
  void discard();

private:
  Bytes held_back() const { return tail_ ? Bytes(*tail_) : Bytes(); }

  PartFile(File file, const std::filesystem::path& final_name)
      : file_(std::make_unique<File>(std::move(file))), final_name_(final_name) {}

  std::unique_ptr<File> file_; ///< a Barrier knows it
  KeptPath final_name_;
  std::uint64_t end_ = 0;                  ///< of what is written, where `append` goes on
  std::shared_ptr<const ByteBuffer> tail_; ///< behind that
  std::uint64_t room_ = 0;                 ///< there is some up to here, if it was asked for
};

} // namespace dualcam
