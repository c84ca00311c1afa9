#include "dcam-convert/page/collection.hpp"
#include "dcam-convert/page/groups.hpp"
#include "dcam-convert/page/known_facts.hpp"
#include "dcam-convert/page/product_names.hpp"
#include "dcam-convert/page/view.hpp"

#include "testing.hpp"

namespace dualcam::convert::page_test {
namespace {

Entry file(std::string_view place, std::string_view time = "", std::string_view trigger = "") {
  Entry entry;
  entry.path = entry.place = place;
  entry.link = place.substr(1);
  entry.sidecar.time = parse_time(std::string(time));
  if (!trigger.empty()) {
    entry.sidecar.trigger = trigger;
  }
  return entry;
}

/// The names of the files, those of one event in brackets, those of a camera behind its name.
std::string order(const std::vector<Entry>& entries) {
  std::string text;
  for (const auto& camera : group(entries)) {
    text += camera.name + (camera.family.empty() ? "" : "/" + camera.family) + ":";
    for (const auto& event : camera.events) {
      text += " (";
      for (const auto* entry : event.entries) {
        text += (text.back() == '(' ? "" : " ") + entry->name().stem().string();
      }
      text += ")";
    }
    text += "\n";
  }
  return text;
}

} // namespace

TEST_CASE("page: the newest camera and the newest file come first") {
  CHECK(
      order({file("/f/a/1.jpg", "2024-10-29T10:00:00Z"), file("/f/b/2.jpg", "2024-10-29T12:00:00Z"),
             file("/f/a/3.jpg", "2024-10-29T11:00:00Z")}) == "b: (2)\na: (3) (1)\n");
  CHECK(order({}).empty());
}

TEST_CASE("page: one trigger's files stand together") {
  const auto at = [](std::string_view name, std::string_view time, std::string_view trigger) {
    return file(std::string("/f/a/") + std::string(name), time, trigger);
  };
  CHECK(
      order({at("x_videof.h265", "2024-10-29T10:00:20Z", "crash"),
             at("x_videor.h265", "2024-10-29T10:00:20Z", "crash"),
             at("x_photof.jpg", "2024-10-29T10:00:00Z", "crash"),
             at("y_photof.jpg", "2024-10-29T09:59:50Z", "crash"), // another one: the kind is there
             at("z_photor.jpg", "2024-10-29T09:59:45Z", "towing"),
             at("v_photor.jpg", "2024-10-29T09:50:00Z", "towing")}) ==
      "a: (x_videof x_videor x_photof) (y_photof) (z_photor) (v_photor)\n");
  const auto burst = group(std::vector(50, at("a.jpg", "2024-10-29T10:00:01Z", "crash")));
  CHECK(burst.front().events.size() == 5);
  const std::vector midnight{at("a.jpg", "2024-10-30T00:00:01Z", "crash"),
                             at("b.jpg", "2024-10-29T23:59:59Z", "crash")};
  CHECK(order(midnight) == "a: (a) (b)\n");
  std::vector moments{at("a.jpg", "2024-10-29T10:00:01Z", "crash"),
                      at("b.jpg", "2024-10-29T10:00:00Z", "crash")};
  moments[0].sidecar.trigger_time = parse_time("2024-10-29T10:00:00Z");
  CHECK(order(moments) == "a: (a b)\n");
  for (const auto& [moment, order_of_both] : {std::pair{"2024-10-29T09:59:50Z", "a: (a b)\n"},
                                              {"2024-10-29T09:59:49Z", "a: (a) (b)\n"},
                                              {"2024-10-29T10:00:10Z", "a: (a b)\n"},
                                              {"2024-10-29T10:00:11Z", "a: (a) (b)\n"}}) {
    moments[1].sidecar.trigger_time = parse_time(moment);
    CHECK(order(moments) == order_of_both);
  }
  moments[0].sidecar.trigger_time.reset();
  CHECK(order(moments) == "a: (a b)\n");
  CHECK(order({at("a.jpg", "2024-10-29T10:02:00Z", "crash"),
               at("b.jpg", "2024-10-29T10:00:00Z", "crash"),
               at("c.jpg", "2024-10-29T09:59:59.999Z", "crash")}) == "a: (a b) (c)\n");
}

TEST_CASE("page: a camera is its IMEI and its family, from the sidecar or the folders") {
  auto told = file("/f/350612071913857/a.jpg", "2024-10-29T10:00:00Z");
  told.sidecar.camera = Camera::dsm;
  const auto silent = file("/f/350612071913857/b.jpg", "2024-10-29T09:00:00Z");
  CHECK(order({told, silent}) == "350612071913857/DSM: (a) (b)\n");
  auto other = file("/f/350612071913857/c.jpg");
  other.sidecar.camera = Camera::adas;
  CHECK(group({told, other, silent}).size() == 3);
  CHECK(order({file("/350612071913857/2024/b.jpg")}) == "350612071913857: (b)\n");
}

TEST_CASE("page: time and kind come from the name where no sidecar tells them") {
  auto entry = file("/f/20241029T124342Z_videor_1.h265");
  CHECK(format_time(entry.time()) == "2024-10-29T12:43:42.000Z");
  CHECK(entry.time_source() == TimeSource::name);
  CHECK(entry.kind() == "Rear video");
  entry.sidecar.time = parse_time("2024-01-01T00:00:00Z");
  entry.sidecar.kind = "photof";
  CHECK(entry.time_source() == TimeSource::camera);
  CHECK(entry.kind() == "Front photo");
  for (const auto* name : {"20241399T124342Z", "2024", "20241029T124342_x.h265", "x"}) {
    CAPTURE(name);
    entry = file(std::string("/f/") + name);
    entry.stamp.modified = 1'700'000'000'123'456'789;
    CHECK(entry.time_source() == TimeSource::received);
    CHECK(format_time(entry.time()) == "2023-11-14T22:13:20.123Z");
  }
  entry.facts.format = VideoFormat::jpeg;
  CHECK(entry.kind() == "Photo");
  entry.facts.format = VideoFormat::ptmf;
  CHECK(entry.kind() == "Video");
  entry.facts.error = "cut";
  CHECK(entry.kind() == "File");
  for (const auto& [told, shown] :
       {std::pair{"ax", "Ax"}, {"zx", "Zx"}, {"Snap", "Snap"}, {"{x", "{x"}, {"`x", "`x"}}) {
    entry.sidecar.kind = told;
    CHECK(entry.kind() == shown);
  }
  entry = file("/f/x");
  entry.stamp.modified = 1'700'000'000'123'456'789;
  entry.sidecar.received = parse_time("2024-10-29T12:43:42Z");
  CHECK(entry.time_source() == TimeSource::received);
  CHECK(format_time(entry.time()) == "2024-10-29T12:43:42.000Z");
  entry.path = "/f/20241029T124342Z_rx.h265.part";
  entry.incomplete = true;
  CHECK(entry.name() == "/f/20241029T124342Z_rx.h265");
  CHECK(entry.time_source() == TimeSource::name);
}

TEST_CASE("page: what was made for a page is known by its name") {
  CHECK(source_of_product("d/a.h265.web.mp4") == "d/a.h265");
  CHECK(source_of_product("d/a.h265.web.mp4.part") == "d/a.h265");
  CHECK(source_of_product("d/a.h265.web_12.jpg") == "d/a.h265");
  for (const auto* name :
       {"a.h265", "a.mp4", "a_1.mp4", "web.mp4", "a.web.mkv", "a.web_.mp4", "_1.mp4"}) {
    CAPTURE(name);
    CHECK_FALSE(source_of_product(name));
  }
}

TEST_CASE("page: the next one knows what the one before has found out, and no more") {
  auto good = file("/f/a.h265");
  good.stamp = {1000, -5};
  good.facts = {.format = VideoFormat::ptmf,
                .duration = 3'000'000,
                .plays_as_it_is = false,
                .damage = "3 of 60 frames lost",
                .error = "",
                .code = ExitCode::bad_data};
  auto failed = file("/f/b.h265");
  failed.facts = {.format = VideoFormat::ptmf,
                  .duration = 0,
                  .plays_as_it_is = false,
                  .damage = "",
                  .error = "the disk is full",
                  .code = ExitCode::io};
  const auto page = page_of({good, failed}, "</script>");
  CHECK(is_page(page));
  const auto known = KnownFacts::of_page(page);
  const auto facts = known.find(good.link, good.stamp);
  REQUIRE(facts);
  CHECK(facts->damage == good.facts.damage);
  CHECK(facts->duration == good.facts.duration);
  CHECK(facts->format == good.facts.format);
  CHECK(facts->code == ExitCode::bad_data);
  CHECK_FALSE(known.find(good.link, {1000, -4}));
  CHECK_FALSE(known.find(failed.link, failed.stamp));
  for (std::size_t length = 0; length < page.size(); length += 97) { // cut anywhere
    (void)KnownFacts::of_page(std::string_view(page).substr(0, length));
  }
  const auto at = page.rfind("[[");
  for (std::size_t i = 0; i < 40; ++i) { // written in anywhere
    auto other = page;
    other[at + i] = '7';
    (void)KnownFacts::of_page(other);
  }
  CHECK_FALSE(is_page("<html>"));
}

} // namespace dualcam::convert::page_test
