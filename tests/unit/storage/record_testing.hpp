// A file and a part, as a camera's state tells of them, and what it tells.
#pragma once

#include <string>

#include "dualcam/storage/state_folder.hpp"
#include "testing.hpp"

namespace dualcam::recorded {

inline constexpr std::uint64_t imei = 350612071913857;
inline constexpr auto metadata =
    "0310 00000192d84dac30 00 0003 14 012c 404b59a74e8e028d 403947973bf147d6";

inline FileRecord record(const std::string& name = "350612071913857/20241029T124342Z_videof.h265",
                         std::uint64_t id = 0x0123'4567'89ab'cdef) {
  return {id,
          {imei, FileKind::front_video, 584, 1730205822000, from_hex(metadata)},
          name,
          name + ".part",
          {584, 597102, 1024, 0x1a2b},
          0x77e0,
          {581, 593920, 3182, 0x995dc9bbdf1939fa}};
}

inline PartEntry part(std::uint64_t id = 7) {
  return {id, FileKind::rear_photo, 51, 1730205822000, "350612071913857/b.jpg.part"};
}

inline CameraState read(const StateFolder& state) {
  const auto read = state.read();
  REQUIRE(read);
  return *read;
}

} // namespace dualcam::recorded
