// What a START and a finish take on a real disk (TMPDIR), alone and among many parts and files, and
// with a name that is taken many times; and behind many files of the same camera.
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>

#include <benchmark/benchmark.h>

#include "dualcam/storage/held_file.hpp"
#include "dualcam/wire/crc16.hpp"

namespace {

using namespace dualcam;
namespace fs = std::filesystem;

constexpr std::uint32_t packets = 49; // a photo of 50 KB
constexpr std::size_t packet_size = 1024;

/// Nothing is measured of what has failed.
template <class T> T value(Result<T> result) {
  if (!result) {
    throw std::runtime_error(result.error().message);
  }
  return std::move(result).value();
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
    benchmark::DoNotOptimize(value(find_held(camera, photo, folder.path / "a.jpg")));
  }
}

/// The camera has so many files that were stored before, said or not.
void start_behind(benchmark::State& state) {
  auto pattern = (fs::temp_directory_path() / "dualcam-bench-XXXXXX").string();
  const fs::path root = ::mkdtemp(pattern.data());
  StateFolder camera(root, photo.imei);
  for (std::int64_t i = 1; i <= state.range(0); ++i) {
    const auto id = static_cast<std::uint64_t>(i);
    const auto name = std::to_string(i) + "_photof.jpg";
    FileRecord record{.id = id, .identity = photo, .name = name, .part = name + ".part"};
    record.identity.announced = packets + 1;
    record.data = {packets, packets * packet_size, packet_size, 0};
    record.tail = {.packet = packets, .offset = 0, .bytes = packet_size, .crc64 = 0};
    Barrier barrier;
    value(camera.add(part_entry(id, record.identity, record.part), barrier));
    value(camera.add(record, barrier));
    value(camera.mark_gone(id));
    value(camera.mark_named(id));
    if (state.range(1) != 0) {
      value(camera.mark_said(id));
    }
  }
  for (auto _ : state) {
    benchmark::DoNotOptimize(value(find_held(camera, photo, root / "a.jpg")));
  }
  fs::remove_all(root);
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
BENCHMARK(start_behind)
    ->ArgNames({"files", "said"})
    ->Args({0, 1})
    ->Args({300, 1})
    ->Args({1000, 1})
    ->Args({999, 0})
    ->Args({2001, 0})
    ->Args({20'000, 0})
    ->Iterations(2000);
BENCHMARK(finish)->Apply(surroundings)->Iterations(200);

} // namespace
