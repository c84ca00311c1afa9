/// \file
/// What a device has on offer: a DualCam's kinds by the bits of INIT, files by path one a round, a
/// round being from one INIT to the next. Which of it is asked for next, and what is left in the
/// end.
///
/// ServerSession has one; it is used by one thread at a time and sends nothing.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "dualcam/files/file_ref.hpp"
#include "dualcam/files/wishes.hpp"

namespace dualcam {

/// Files that are asked for when all others have been dealt with.
struct AskedLast {
  FileKinds kinds{};  ///< a DualCam's
  bool paths = false; ///< those by path: the device tells which one
  /// By path, which did not come however often they were asked for: passed over once, as the
  /// device's next INIT may bring another one.
  std::set<FileRef> in_vain{};
};

/// How the two ways of offering differ is known here, and nowhere else in a session.
class Offers {
public:
  /// Only what is wanted is asked for.
  explicit Offers(const Wishes& wanted) : wanted_(wanted) {}

  /// INIT: the first one, and each that answers REPEAT INIT.
  void begin_round(const Init& init);
  /// Those are the last.
  void ask_last(AskedLast last) { last_ = std::move(last); }

  /// What is to be done next.
  enum class Step {
    ask_for_path,
    ask_for_kind, ///< `kind`
    repeat_init,  ///< the next round may have more
    leave,        ///< nothing is left that is wanted and to be had
  };
  /// Takes it from what is on offer.
  Step next();
  /// Which kind `next` has found.
  FileKind kind() const { return kind_; }

  /// The file is stored.
  void stored(const FileRef& file);
  /// It is not asked for again.
  void drop(const FileRef& file);
  /// The host does not want it: another one by path may be there in the next round. That goes on
  /// for as long as the device tells others, 1000 at most.
  void pass(const FileRef& file);
  /// The device does not open it: another one by path may be there in the next round.
  void is_refused(const FileRef& file);
  /// Whether it was the last one by path that was.
  bool was_refused(const FileRef& file) const { return refused_ == file; }
  /// Whether it is passed over for others: another one by path may be there in the next round.
  bool lets_others_go_first(const FileRef& file);
  /// A file is asked about: those passed over have let another one go first.
  void begin_file() { passed_over_.clear(); }
  /// Those that were passed over since.
  const std::set<FileRef>& passed_over() const { return passed_over_; }
  /// The device does not have it after all.
  void is_empty(const FileRef& file);
  /// Files by path are not to be had.
  void path_failed(std::string_view why);

  /// No other file can be asked for before the next INIT.
  bool is_round_over() const { return round_over_; }
  /// Whether the last INIT said that there is a file by path; else one is asked for all the same.
  bool path_is_told() const { return path_told_; }
  /// Whether the device has kinds yet that are wanted.
  bool has_more_kinds() const { return wanted_.first(owed_ - excluded_).has_value(); }
  /// Whether there is nothing but what nobody knows.
  bool is_unknown() const { return unknown_ && owed_.empty() && !repeated_; }
  /// Whether the device may be told that it is done with: all it had is stored. Behind REPEAT INIT
  /// that does not work [doc].
  bool has_all() const;
  /// Why a file by path is not to be had; empty: none was on offer, or it was had.
  const std::string& path_failure() const { return path_failure_; }

private:
  void end_round();
  void is_in_vain(const FileRef& file, std::string failure);

  Wishes wanted_;
  AskedLast last_;
  std::set<FileRef> passed_over_; ///< no longer among `last_`
  std::uint16_t protocol_ = 0;
  bool begun_ = false;
  bool round_over_ = false;
  bool repeated_ = false; ///< INIT was asked for again
  bool unknown_ = false;  ///< the last INIT had bits that nobody knows

  FileKind kind_ = FileKind::front_photo;
  FileKinds offered_;  ///< by the last INIT and not yet dealt with
  FileKinds excluded_; ///< empty, refused or not wanted: not asked for again
  FileKinds owed_;     ///< offered by the first INIT and not had

  bool path_offered_ = false;   ///< by the last INIT and not yet dealt with
  bool path_told_ = false;      ///< the last INIT had its bit
  bool path_asked_for_ = false; ///< at any time
  bool path_excluded_ = false;  ///< refused or not wanted: not asked for again
  bool has_path_ = false;       ///< a file by path is stored
  std::optional<FileRef> refused_;
  unsigned rounds_in_vain_ = 0;      ///< that brought no file by path, one behind the other
  std::set<std::uint64_t> unwanted_; ///< paths that were passed: their CRC
  std::string path_failure_;
};

} // namespace dualcam
