// A transfer that is where a test says, and a reporter with all that it tells.
#pragma once

#include <fmt/format.h>

#include "dcam-serve/reporter.hpp"
#include "quiet.hpp"
#include "test_clock.hpp"

namespace dualcam::serve::reporting {

using Fields = nlohmann::json;
using namespace std::chrono_literals;

inline constexpr std::uint64_t imei = 350612071913857;
inline const Origin origin{3, "192.0.2.1:1000"};

inline FileFacts facts_by_path(std::string_view path = "mdas9/video/241029/124342.mp4") {
  auto facts = facts_of({imei, *FileRef::of_path(path), 0, 0, {}});
  facts.origin = origin;
  return facts;
}

inline FileFacts photo_facts() {
  auto facts = facts_of({imei, FileKind::front_photo, 0, 0, {}});
  facts.origin = origin;
  return facts;
}

/// Where it is as a test says.
class TestTransfer : public Transfer {
public:
  TestTransfer(const Clock& clock, FileFacts facts, std::uint32_t announced, const HeldData& held)
      : Transfer(clock, std::move(facts), announced) {
    has_come(held);
  }

  using Transfer::goes_on_with;
  fs::path path() const override { return "a.part"; }
  ResumePoint resume_point() const override { return from; }
  bool is_comparing() const override { return compares; }
  asio::awaitable<Result<void>> append(std::span<const Bytes>) override {
    co_return Result<void>();
  }
  asio::awaitable<Result<void>> leave(std::uint32_t, std::uint64_t) override {
    co_return Result<void>();
  }
  asio::awaitable<Result<Finished>> finish(const FileCompleted&, Unsaid&) override {
    co_return Finished{};
  }
  asio::awaitable<Result<fs::path>> set_aside() override { co_return fs::path(); }

  ResumePoint from;
  bool compares = false;
};

/// A reporter and what it says.
struct TestReporter {
  explicit TestReporter(bool json = false, int verbosity = 0) {
    options.common.json = json;
    options.common.verbosity = verbosity;
    reporter.emplace(options, clock);
  }
  void progress(const std::vector<const Transfer*>& transfers) {
    reporter->progress([&] { return transfers; });
  }
  void shows_progress() {
    options.common.progress = CommonOptions::When::always;
    reporter.emplace(options, clock);
  }
  TestTransfer photo(std::uint32_t packets = 0, std::uint64_t bytes = 0) const {
    return {clock, photo_facts(), 48, {packets, bytes, 0, 0}};
  }
  TestTransfer video(std::uint32_t packets = 0, std::uint64_t bytes = 0) const {
    return {clock, facts_by_path(), 26'624, {packets, bytes, 0, 0}};
  }
  /// What people have been told since the last time, without the tool's name.
  std::string said() {
    reporter->flush(std::nullopt);
    auto text = quiet.errors().substr(heard);
    heard += text.size();
    constexpr std::string_view name = "dcam-serve: ";
    for (auto at = text.find(name); at != text.npos; at = text.find(name)) {
      text.erase(at, name.size());
    }
    return text;
  }
  /// The events since the last time, without their times.
  std::vector<Fields> events() {
    reporter->flush(std::nullopt);
    std::vector<Fields> all;
    const auto output = quiet.output();
    for (; printed < output.size(); printed = output.find('\n', printed) + 1) {
      all.push_back(Fields::parse(output.substr(printed, output.find('\n', printed) - printed)));
      all.back().erase("time");
    }
    return all;
  }
  Fields event() {
    const auto all = events();
    REQUIRE(all.size() == 1);
    return all[0];
  }

  const Quiet quiet;
  TestClock clock;
  ServeOptions options;
  std::optional<Reporter> reporter;
  std::size_t heard = 0;
  std::size_t printed = 0;
};

/// Fields that events of a connection have, in whatever order.
inline Fields with_origin(Fields fields) {
  fields["imei"] = "350612071913857";
  fields["connection"] = 3;
  fields["address"] = "192.0.2.1:1000";
  return fields;
}

inline Fields of_photo(Fields fields) {
  fields["kind"] = "photof";
  return with_origin(std::move(fields));
}

inline Fields of_video(Fields fields) {
  fields["kind"] = "video";
  fields["camera"] = "adas";
  fields["device_path"] = "mdas9/video/241029/124342.mp4";
  return with_origin(std::move(fields));
}

} // namespace dualcam::serve::reporting
