// --imei: which devices may come.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "dualcam/wire/error.hpp"

namespace dualcam::serve {

class AllowList {
public:
  /// IMEIs, and @FILEs with one a line. None given: everybody may come.
  static Result<AllowList> load(const std::vector<std::string>& given);

  bool allows(std::uint64_t imei) const { return everybody_ || imeis_.contains(imei); }

private:
  bool everybody_ = true;
  std::set<std::uint64_t> imeis_;
};

} // namespace dualcam::serve
