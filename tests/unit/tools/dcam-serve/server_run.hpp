// What dcam-serve tells while a device speaks to it.
#pragma once

#include "common/json.hpp"
#include "quiet.hpp"
#include "tools/serving.hpp"

namespace dualcam::serve {

/// Each event, by its name and without its time. Progress is none: a slow machine tells more of it.
struct Events {
  std::vector<std::string> names;
  std::vector<Json> fields;

  explicit Events(const std::string& output) {
    for (std::size_t at = 0; at < output.size(); at = output.find('\n', at) + 1) {
      auto json = Json::parse(output.substr(at, output.find('\n', at) - at));
      CHECK(json["time"].get<std::string>().ends_with('Z'));
      const auto name = json["event"].get<std::string>();
      if (name == "progress") {
        continue;
      }
      names.push_back(name);
      json.erase("event");
      json.erase("time");
      fields.push_back(std::move(json));
    }
  }
  const Json& of(std::string_view name) const {
    const auto found = std::ranges::find(names, name);
    REQUIRE(found != names.end());
    return fields[static_cast<std::size_t>(found - names.begin())];
  }
  bool has(std::string_view name) const { return std::ranges::find(names, name) != names.end(); }
  std::ptrdiff_t count(std::string_view name) const { return std::ranges::count(names, name); }
};

struct ServerRun {
  Events events;
  std::string errors;
  int status;
};

/// Goes on when that has happened, which other threads bring about.
template <class Condition> void wait_until(Condition has_happened) {
  for (int attempt = 0; attempt < 30'000; ++attempt) {
    if (has_happened()) {
      return;
    }
    ::usleep(1000);
  }
  FAIL("it does not come to that");
}

/// A server, and all that it says.
struct Scene {
  explicit Scene(bool json = true) { server.options.common = {.json = json}; }
  Scene(const Scene&) = delete;
  Scene& operator=(const Scene&) = delete;

  /// Waits for an error, a note or an event with that in it.
  void until_said(std::string_view text, std::ptrdiff_t times = 1) const {
    wait_until([&] {
      std::ptrdiff_t found = 0;
      for (const auto& all : {quiet.errors(), quiet.output()}) {
        for (auto at = all.find(text); at != all.npos; at = all.find(text, at + 1)) {
          ++found;
        }
      }
      return found >= times;
    });
  }
  bool says(std::string_view text) const { return quiet.errors().contains(text); }
  Events events() const { return Events(quiet.output()); }
  fs::path folder() const { return server.folder.path(); }

  const Quiet quiet;
  TestServer server;
};

/// What a server says while `act` happens.
template <class Act> ServerRun run_server(Act act, bool json = true, int verbosity = 0) {
  const Quiet quiet;
  TestServer server;
  server.options.common = {.verbosity = verbosity, .json = json};
  act(server);
  const int status = server.status();
  return {Events(json ? quiet.output() : ""), quiet.errors(), status};
}

} // namespace dualcam::serve
