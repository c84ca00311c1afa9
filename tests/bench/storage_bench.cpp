// What a START and a finish take on a real disk (TMPDIR), alone and among many parts and files, and
// with a name that is taken many times.
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>

#include <benchmark/benchmark.h>

#include "dualcam/storage/resumable_file.hpp"
#include "dualcam/wire/crc16.hpp"

namespace {

using namespace dualcam;
namespace fs = std::filesystem;

constexpr std::uint32_t packets = 49; // a photo of 50 KB
constexpr std::size_t packet_size = 1024;

/// Nothing is measured of what has failed.
template <class T> T value(Result<T> result) {
  return result ? std::move(result).value() : throw std::runtime_error(result.error().message);
}

class Folder {
public:
  explicit Folder(const benchmark::State& state) {
    const auto parts = state.range(0);
    const auto names = state.range(1);
    const auto files = state.range(2);
    auto pattern = (fs::temp_directory_path() / "dualcam-bench-XXXXXX").string();
    path = ::mkdtemp(pattern.data());
    for (std::int64_t i = 0; i < parts; ++i) {
      for (const auto* suffix : {".jpg", ".jpg.part", ".jpg.part.checkpoint"}) {
        std::ofstream(path / ("x" + std::to_string(i) + suffix)) << 'x';
      }
    }
    for (std::int64_t i = 0; i < files; ++i) {
      std::ofstream(path / ("y" + std::to_string(i) + ".jpg")) << 'x';
    }
    for (std::int64_t i = 0; i < names; ++i) {
      std::ofstream(numbered(path / "a.jpg", static_cast<unsigned>(i))) << 'x';
    }
  }
  ~Folder() { fs::remove_all(path); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  fs::path path;
};

const FileIdentity photo{1, FileKind::front_photo, packets, 0, {}};

void start(benchmark::State& state) {
  const Folder folder(state);
  const StateFolder camera(folder.path, photo.imei);
  for (auto _ : state) {
    const auto known = value(camera.read());
    benchmark::DoNotOptimize(
        value(ResumableFile::find(camera, known, photo, folder.path / "a.jpg")));
  }
}

void finish(benchmark::State& state) {
  const Folder folder(state);
  const StateFolder camera(folder.path, photo.imei);
  const ByteBuffer content(packets * packet_size, std::byte{0x5A});
  const Bytes piece = content;
  for (auto _ : state) {
    state.PauseTiming();
    auto file = value(ResumableFile::create(folder.path / "a.jpg", photo, camera));
    HeldData verified;
    for (std::uint32_t i = 0; i < packets; ++i) {
      const auto packet = piece.subspan(i * packet_size, packet_size);
      if (!file.append({&packet, 1})) {
        throw std::runtime_error("cannot append");
      }
      verified.add(packet);
    }
    state.ResumeTiming();
    const auto stored = value(file.finish({.name = folder.path / "a.jpg",
                                           .bytes = verified.bytes,
                                           .crc = verified.crc,
                                           .metadata = {}}));
    state.PauseTiming();
    fs::remove(stored->path);
    state.ResumeTiming();
  }
}

/// What lies about.
void surroundings(benchmark::internal::Benchmark* benchmark) {
  benchmark->ArgNames({"parts", "names", "files"})
      ->Args({0, 0, 0})
      ->Args({10'000, 0, 0})
      ->Args({0, 20'000, 0})
      ->Args({0, 0, 100'000});
}
BENCHMARK(start)->Apply(surroundings)->Iterations(20'000);
BENCHMARK(finish)->Apply(surroundings)->Iterations(200);

} // namespace
