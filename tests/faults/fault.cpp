#include "fault.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <limits>

namespace faults {
namespace {

constexpr unsigned growing = create | write_data | sync_data | add_name | make_folder | make_room;
constexpr unsigned naming = create | add_name | remove_name | make_folder;
constexpr unsigned opening = open_existing_to_read | open_existing_to_write | create;
constexpr unsigned any = ~0U;

struct Model {
  std::string_view name;
  unsigned kinds;
  Fate first;
  Fate later;
  int error;
};

constexpr std::array models{
    Model{"ENOSPC", growing, Fate::fail, Fate::fail, ENOSPC},
    Model{"EDQUOT", growing, Fate::fail, Fate::fail, EDQUOT},
    Model{"EIO", any & ~lock_file, Fate::fail, Fate::fail, EIO},
    Model{"EINTR", opening | write_data | read_data | sync_data | truncate_file, Fate::fail,
          Fate::fail, EINTR},
    Model{"EROFS", naming | open_existing_to_write | truncate_file, Fate::fail, Fate::fail, EROFS},
    Model{"EACCES", naming | opening, Fate::fail, Fate::fail, EACCES},
    Model{"EMFILE", opening, Fate::fail, Fate::fail, EMFILE},
    Model{"ENOLCK", lock_file, Fate::fail, Fate::fail, ENOLCK},
    Model{"short", write_data | read_data, Fate::shorten, Fate::shorten, 0},
    Model{"flip", write_data, Fate::damage, Fate::damage, 0},
    Model{"short-ENOSPC", write_data, Fate::shorten, Fate::fail, ENOSPC},
    Model{"kill-before", any, Fate::kill_before, Fate::none, 0},
    Model{"kill-after", any, Fate::kill_after, Fate::none, 0},
    Model{"hang", any, Fate::hang, Fate::hang, 0},
    Model{"hang-sync", sync_data, Fate::hang, Fate::hang, 0},
};

} // namespace

std::optional<Fault> Fault::parse(std::string_view text) {
  const auto colon = text.find(':');
  const auto* model = std::ranges::find(models, text.substr(0, colon), &Model::name);
  if (colon == std::string_view::npos || model == models.end()) {
    return std::nullopt;
  }
  Fault fault;
  fault.kinds_ = model->kinds;
  fault.first_ = model->first;
  fault.later_ = model->later;
  fault.error_ = model->error;
  const auto* end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data() + colon + 1, end, fault.from_);
  const std::string_view tail(rest, end);
  if (error != std::errc{} || fault.from_ == 0 || (!tail.empty() && tail != "+")) {
    return std::nullopt;
  }
  fault.until_ = tail == "+"                    ? std::numeric_limits<unsigned long>::max()
                 : fault.first_ == fault.later_ ? fault.from_
                                                : fault.from_ + 1;
  return fault;
}

Fate Fault::next(Kind kind) {
  if ((kinds_ & kind) == 0) {
    return Fate::none;
  }
  ++seen_;
  if (seen_ < from_ || seen_ > until_) {
    return Fate::none;
  }
  return seen_ == from_ ? first_ : later_;
}

} // namespace faults
