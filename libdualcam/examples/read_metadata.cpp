// read_metadata HEX...: the metadata of files, each as the camera sends it in METADATA; blanks may
// stand between the bytes.
#include <iostream>

#include <dualcam/files/metadata.hpp>
#include <dualcam/wire/hex_value.hpp>

using namespace dualcam;

void print(const Metadata& metadata) {
  const auto trigger = trigger_name(metadata.trigger, metadata.camera);
  std::cout << description_of(metadata.camera);
  if (const auto kind = metadata.kind()) {
    std::cout << ", " << description_of(*kind);
  }
  std::cout << "\ntime: " << metadata.timestamp.milliseconds << " ms since 1970 UTC\ntrigger: "
            << (trigger.empty() ? std::to_string(metadata.trigger) : trigger)
            << "\nlength: " << metadata.length << " s\n";
  if (metadata.position && is_valid(*metadata.position)) {
    std::cout << "position: " << format_degrees(metadata.position->latitude) << ' '
              << format_degrees(metadata.position->longitude) << '\n';
  }
}

int main(int argc, char** argv) {
  int status = argc > 1 ? 0 : 2;
  for (const std::string_view hex : std::span(argv, static_cast<std::size_t>(argc)).subspan(1)) {
    const auto payload = parse_hex(hex);
    const auto camera = payload ? camera_of_metadata(*payload) : std::nullopt;
    if (!camera) {
      std::cerr << hex << ": no binary metadata of a known camera, as hex digits\n";
      status = 1;
    } else if (const auto metadata = decode_metadata(*payload, *camera)) {
      print(*metadata);
    } else {
      std::cerr << "byte " << metadata.error().offset << ": " << metadata.error().message << '\n';
      status = 1;
    }
  }
  return status;
}
