#include "dualcam/session/offers.hpp"

#include <algorithm>

#include "dualcam/wire/crc64.hpp"

namespace dualcam {
namespace {

constexpr unsigned most_rounds_in_vain = 3;
constexpr std::size_t most_unwanted = 1'000;

} // namespace

/// From protocol 6 on a DualCam's bits offer nothing by themselves [run]; a path is asked for all
/// the same, until that is in vain.
void Offers::begin_round(const Init& init) {
  if (!begun_) {
    protocol_ = init.protocol;
  }
  const auto kinds = kinds_offered(init);
  const bool by_kind = protocol_ < first_protocol_by_path;
  offered_ = by_kind ? kinds : FileKinds();
  path_told_ = init.offers_path();
  path_offered_ = path_told_ || (!by_kind && !kinds.empty());
  unknown_ = init.offers_unknown();
  round_over_ = false;
  if (!std::exchange(begun_, true)) {
    owed_ = offered_;
  }
}

Offers::Step Offers::next() {
  const auto offered = offered_ - excluded_;
  auto kind = wanted_.first(offered - last_.kinds);
  const bool may_have_path =
      path_offered_ && !path_excluded_ && !round_over_ && wanted_.want_paths(protocol_);
  const bool is_path_next =
      !kind || (rounds_in_vain_ == 0 && !last_.paths && wanted_.want_path_before(*kind, protocol_));
  if (may_have_path && is_path_next) {
    path_offered_ = false;
    path_asked_for_ = true;
    return Step::ask_for_path;
  }
  if (!kind && !round_over_) { // else the next INIT may have others
    kind = wanted_.first(offered);
  }
  if (kind) {
    offered_.erase(*kind);
    kind_ = *kind;
    return Step::ask_for_kind;
  }
  if (!round_over_) {
    return Step::leave;
  }
  repeated_ = true;
  return Step::repeat_init;
}

void Offers::stored(const FileRef& file) {
  round_over_ = true;
  owed_ = owed_ - file.kinds();
  if (!file.kind()) { // a DualCam's kinds wait for the next INIT
    has_path_ = true;
    rounds_in_vain_ = 0;
    offered_ = {};
  }
}

void Offers::drop(const FileRef& file) {
  excluded_ = excluded_ | file.kinds();
  path_excluded_ = path_excluded_ || !file.kind();
}

bool Offers::lets_others_go_first(const FileRef& file) {
  auto found = last_.in_vain.extract(file);
  if (found.empty()) {
    return false;
  }
  passed_over_.insert(std::move(found));
  end_round();
  return true;
}

void Offers::is_empty(const FileRef& file) {
  owed_ = owed_ - file.kinds();
  is_in_vain(file, "the files by path that the device offers are not there");
}

void Offers::is_refused(const FileRef& file) {
  refused_ = file;
  is_in_vain(file, "the device refuses the files by path that it offers");
}

void Offers::pass(const FileRef& file) {
  const bool is_new = !file.kind() && unwanted_.size() < most_unwanted &&
                      unwanted_.insert(crc64(as_bytes(file.request()))).second;
  if (!is_new) {
    return is_in_vain(file, {});
  }
  rounds_in_vain_ = std::max(rounds_in_vain_, 1U);
  end_round();
}

/// `failure`: what to say if no round brings another one.
void Offers::is_in_vain(const FileRef& file, std::string failure) {
  if (file.kind()) {
    return drop(file);
  }
  if (++rounds_in_vain_ < most_rounds_in_vain) {
    end_round();
  } else {
    path_excluded_ = true;
    path_failure_ = std::move(failure);
  }
}

/// Another file may be there in the next one.
void Offers::end_round() {
  round_over_ = true;
  offered_ = {};
}

void Offers::path_failed(std::string_view why) {
  path_excluded_ = true;
  if (path_told_ || !has_path_) {
    path_failure_ = "the file by path that the device offers is not to be had: " + std::string(why);
  }
}

bool Offers::has_all() const {
  const bool by_kind = protocol_ < first_protocol_by_path && !path_offered_ && !path_asked_for_;
  return by_kind && !repeated_ && !unknown_ && owed_.empty();
}

} // namespace dualcam
