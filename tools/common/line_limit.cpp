#include "common/line_limit.hpp"

namespace dualcam::inline tools {
namespace {

constexpr std::chrono::minutes period{1};
constexpr std::size_t most_kinds = 100;
constexpr std::string_view any_other = "others";

} // namespace

bool LineLimit::allows(std::string_view kind, TimePoint now) {
  auto found = kinds_.find(kind);
  if (found == kinds_.end()) {
    const auto name = kinds_.size() < most_kinds ? kind : any_other;
    found = kinds_.try_emplace(std::string(name), Kind{.began = now}).first;
  }
  auto& [began, lines] = found->second;
  if (lines <= most_ && now - began >= period) { // with a rest its end is for `rest` to see
    began = now;
    lines = 0;
  }
  return ++lines <= most_;
}

std::vector<LineLimit::Rest> LineLimit::rest(TimePoint now) {
  std::vector<Rest> result;
  std::erase_if(kinds_, [&](const auto& entry) {
    const auto& [kind, state] = entry;
    if (now < state.began + period) {
      return false;
    }
    if (state.lines > most_) {
      result.push_back({kind, state.lines - most_});
    }
    return true;
  });
  return result;
}

} // namespace dualcam::inline tools
