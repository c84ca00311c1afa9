// Files that did not come, though the line was there for them, or that a camera hangs up over: its
// other files go first.
#pragma once

#include <cstdint>
#include <map>
#include <set>

#include "dualcam/session/server_session.hpp"

namespace dualcam::serve {

/// What became of a file that a connection did not bring.
enum class Attempt {
  in_vain, ///< all attempts were made, or the device refused it
  lost,    ///< the connection was, and nothing new had come of it
  grew,    ///< something new had
};

/// Of a bounded number of cameras, with paths of a bounded size: anybody may say any IMEI.
class SteppedBack {
public:
  /// Whether that others go first is worth a word: once, and not for a mere loss.
  bool add(std::uint64_t imei, const FileRef& file, Attempt attempt);
  /// The device hung up when it was asked which file it has.
  void add_unnamed(std::uint64_t imei);
  /// The device hung up over a request for this file, which it has not answered.
  void add_unanswered(std::uint64_t imei, const FileRef& file, ServerSession::Owes what);
  /// It has told the metadata of a file.
  void tells_metadata(std::uint64_t imei);
  /// It has come.
  void remove(std::uint64_t imei, const FileRef& file);
  /// There was no other: they are next, before they are passed over again.
  void passed_over(std::uint64_t imei, const std::set<FileRef>& files);
  AskedLast of(std::uint64_t imei) const;
  /// After several requests in vain others are tried.
  Manner manner(std::uint64_t imei) const;

private:
  /// One behind the other.
  struct Attempts {
    unsigned all = 0;
    unsigned in_vain = 0;
    bool told = false;
  };
  struct Files {
    FileKinds kinds{};
    std::map<FileRef, Attempts> paths{};
    bool unnamed = false;         ///< one by path, nobody knows which
    unsigned unanswered = 0;      ///< whole paths, and first bytes in their place
    unsigned untold_metadata = 0; ///< requests for it
    bool is_empty() const {
      return kinds.empty() && paths.empty() && !unnamed && unanswered == 0 && untold_metadata == 0;
    }
  };

  static bool is_hopeless(const Attempts& attempts);
  void forgive(std::uint64_t imei, const FileRef& file);
  Files& of_camera(std::uint64_t imei);

  std::map<std::uint64_t, Files> files_;
  std::size_t path_bytes_ = 0; ///< of all paths
};

} // namespace dualcam::serve
