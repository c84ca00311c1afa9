// What a page says of a file.
#include "dcam-convert/page/view.hpp"

#include "dcam-convert/page/known_facts.hpp"
#include "testing.hpp"

namespace dualcam::convert::page_view_test {
namespace {

Entry clip() {
  Entry entry;
  entry.path = "f/a.h265";
  entry.place = "/f/350612071913857/a.h265";
  entry.link = "f/a.h265";
  entry.stamp = {.size = 2048, .modified = 1'730'205'822'000'000'000};
  entry.sidecar.time = parse_time("2024-10-29T12:43:42Z");
  entry.sidecar.kind = "videof";
  entry.facts.format = VideoFormat::ptmf;
  entry.facts.duration = 3'500'000;
  entry.video = "f/a.h265.web.mp4";
  entry.thumbnail = "f/a.h265.web.jpg";
  return entry;
}

Entry photo() {
  auto entry = clip();
  entry.sidecar.kind = "photor";
  entry.facts.format = VideoFormat::jpeg;
  entry.video.clear();
  entry.thumbnail.clear();
  return entry;
}

/// Between the first `<section` and the end of the files.
std::string files_of(const std::vector<Entry>& entries) {
  const auto page = page_of(entries, "t");
  const auto begin = page.find("<section");
  return page.substr(begin, page.find("</main>") - begin);
}

/// The first file's.
std::string card_of(const Entry& entry) {
  const auto files = files_of({entry});
  const auto begin = files.find("<li");
  return files.substr(begin, files.find("</li>") - begin);
}

} // namespace

TEST_CASE("page view: a video has a thumbnail, a length, and a player without scripts") {
  CHECK(card_of(clip()) ==
        "<li id=\"f0\"><div class=\"look\"><button type=\"button\" class=\"play\" "
        "data-video=\"f/a.h265.web.mp4\" aria-label=\"Play: Front video, 2024-10-29 12:43:42 UTC\">"
        "<noscript><img loading=\"lazy\" src=\"f/a.h265.web.jpg\" alt=\"\"></noscript></button>"
        "<noscript><video controls "
        "preload=\"none\" src=\"f/a.h265.web.mp4\" poster=\"f/a.h265.web.jpg\" "
        "aria-label=\"Front video, 2024-10-29 12:43:42 UTC\"></video></noscript>"
        "<span class=\"length\">3.5 s</span></div>\n<h4>Front video</h4>\n"
        "<p><time datetime=\"2024-10-29T12:43:42.000Z\">2024-10-29 12:43:42 UTC</time></p>\n"
        "<p class=\"links\"><a href=\"f/a.h265\" download>a.h265</a> 2.0&nbsp;KiB "
        "<a href=\"f/a.h265.web.mp4\" download>MP4</a></p>\n");
  auto plain = clip();
  plain.video = plain.link;
  plain.thumbnail.clear();
  const auto card = card_of(plain);
  CHECK_THAT(card, ContainsSubstring("UTC\"></button><noscript><video controls preload=\"none\" "
                                     "src=\"f/a.h265\" aria-label="));
  CHECK_THAT(card, ContainsSubstring("a.h265</a> 2.0&nbsp;KiB</p>\n"));
}

TEST_CASE("page view: a place is told to a centimetre, whatever its doubles have behind that") {
  const auto place = [](double latitude, double longitude) {
    auto entry = photo();
    entry.sidecar.position = Position{latitude, longitude};
    const auto card = card_of(entry);
    const auto begin = card.find("geo:");
    return card.substr(begin, card.find("</a>", begin) - begin);
  };
  CHECK(place(54.730000000000004, 25.279999999999998) == "geo:54.73,25.28\">54.73, 25.28");
  CHECK(place(54.7004183, -25) == "geo:54.7004183,-25\">54.7004183, -25");
  CHECK(place(-1e-9, 100) == "geo:0,100\">0, 100");
}

TEST_CASE("page view: a photo is shown, and what is known beside it") {
  auto entry = photo();
  entry.has_sidecar = true;
  entry.sidecar.events = "phone, <b>";
  entry.sidecar.driver = "Jonas & Co";
  entry.sidecar.camera_trigger = "button";
  entry.sidecar.position = Position{54.7004183, 25.2796514};
  entry.sidecar.time_zone = 120;
  entry.facts.damage = "3 of 60 frames lost";
  entry.facts.code = ExitCode::bad_data;
  CHECK(card_of(entry) ==
        "<li id=\"f0\"><a class=\"look\" href=\"f/a.h265\"><noscript><img loading=\"lazy\" "
        "src=\"f/a.h265\" "
        "alt=\"Rear photo, 2024-10-29 12:43:42 UTC\"></noscript></a>\n"
        "<h4>Rear photo <span class=\"state bad\">damaged</span></h4>\n"
        "<p><time datetime=\"2024-10-29T12:43:42.000Z\">2024-10-29 12:43:42 UTC</time><br>camera "
        "<time datetime=\"2024-10-29T14:43:42+02:00\">2024-10-29 14:43:42 UTC+02:00</time></p>\n"
        "<p><span class=\"quiet\">events</span> <bdi>phone, &lt;b&gt;</bdi></p>\n"
        "<p><span class=\"quiet\">driver</span> <bdi>Jonas &amp; Co</bdi></p>\n"
        "<p><span class=\"quiet\">the camera's trigger</span> <bdi>button</bdi></p>\n"
        "<p><a href=\"geo:54.7004183,25.2796514\">54.7004183, 25.2796514</a></p>\n"
        "<p class=\"why\">3 of 60 frames lost</p>\n"
        "<p class=\"links\"><a href=\"f/a.h265\" download>a.h265</a> 2.0&nbsp;KiB "
        "<a href=\"f/a.h265.json\" download>metadata</a></p>\n");
  for (const auto& [zone, shown] : {std::pair{-210, "2024-10-29T09:13:42-03:30"},
                                    {0, "2024-10-29T12:43:42+00:00"},
                                    {-1, "2024-10-29T12:42:42-00:01"}}) {
    entry.sidecar.time_zone = zone;
    CHECK_THAT(card_of(entry), ContainsSubstring(shown));
  }
}

TEST_CASE("page view: what is incomplete, failed or without a time says so") {
  auto entry = clip();
  entry.incomplete = true;
  entry.path = "f/a.h265.part";
  entry.announced = 4096;
  CHECK_THAT(card_of(entry), ContainsSubstring("<div class=\"look none\">Incomplete: 2.0&nbsp;KiB "
                                               "of about 4.0&nbsp;KiB so far</div>\n"
                                               "<h4>Front video <span class=\"state open\">"
                                               "incomplete</span></h4>"));
  entry.announced = 2048; // there is as much
  CHECK_THAT(card_of(entry), ContainsSubstring("Incomplete: 2.0&nbsp;KiB so far<"));
  entry = clip();
  entry.facts.error = "the disk is full";
  entry.facts.code = ExitCode::io;
  entry.sidecar.time.reset();
  CHECK_THAT(card_of(entry),
             ContainsSubstring("<div class=\"look none\">It cannot be shown</div>\n"
                               "<h4>Front video <span class=\"state bad\">failed</span></h4>\n"
                               "<p>received <time datetime=\"2024-10-29T12:43:42.000Z\">"));
  CHECK_THAT(card_of(entry), ContainsSubstring("<p class=\"why\">the disk is full</p>\n"));
}

TEST_CASE("page view: sections have their cameras, days and triggers, which filter them") {
  auto crash = clip();
  crash.sidecar.trigger = "crash";
  crash.sidecar.trigger_time = parse_time("2024-10-29T12:43:38Z");
  auto second = photo();
  second.sidecar.trigger = "crash";
  auto day_before = clip();
  day_before.sidecar.time = parse_time("2024-10-28T09:00:00Z");
  auto other = clip();
  other.place = "/f/b & c/a.h265";
  other.sidecar.camera = Camera::dsm;
  other.sidecar.time = parse_time("2024-10-27T09:00:00Z");
  other.incomplete = true;
  other.facts.code = ExitCode::bad_data;
  const auto page = page_of({other, crash, second, day_before}, "<t>");
  for (const auto* words :
       {"<title>&lt;t&gt;</title>",
        "<p class=\"summary\">2 cameras, 4 files, 1 incomplete, 1 damaged; newest 2024-10-29 "
        "12:43:42 UTC</p>",
        "<option value=\"\">All cameras</option><option value=\"0\">350612071913857 (3)</option>"
        "<option value=\"1\">b &amp; c DSM (1)</option>",
        "<option value=\"\">All days</option><option value=\"2024-10-29\">2024-10-29</option>"
        "<option value=\"2024-10-28\">2024-10-28</option><option value=\"2024-10-27\">",
        "<option value=\"\">All triggers</option><option value=\"crash\">crash</option>"
        "<option value=\"not known\">not known</option>"}) {
    CHECK_THAT(page, ContainsSubstring(words));
  }
  const auto files = files_of({other, crash, second, day_before});
  for (const auto* words :
       {"<section class=\"camera\" data-camera=\"0\" aria-labelledby=\"c0\">\n<h2 id=\"c0\">"
        "<bdi>350612071913857</bdi><small>3 files</small></h2>\n",
        "<section class=\"camera\" data-camera=\"1\" aria-labelledby=\"c1\">\n<h2 id=\"c1\">"
        "<bdi>b &amp; c</bdi><small>DSM, 1 file</small></h2>\n",
        "<article class=\"event\" data-day=\"2024-10-29\" data-trigger=\"crash\" "
        "data-files=\"2\">\n"
        "<h3><time datetime=\"2024-10-29T12:43:42.000Z\">2024-10-29 12:43:42 UTC</time> "
        "<span class=\"trigger\"><span class=\"quiet\">trigger</span> <bdi>crash</bdi></span>",
        "<article class=\"event\" data-day=\"2024-10-28\" data-trigger=\"not known\" "
        "data-files=\"1\">\n"}) {
    CHECK_THAT(files, ContainsSubstring(words));
  }
  for (const auto* id : {"<li id=\"f0\">", "<li id=\"f1\">", "<li id=\"f2\">", "<li id=\"f3\">"}) {
    CHECK(files.find(id) != files.npos);
    CHECK(files.find(id) == files.rfind(id));
  }
  CHECK_THAT(files_of({crash}), ContainsSubstring(" <span class=\"moment\">triggered <time "
                                                  "datetime=\"2024-10-29T12:43:38.000Z\">"));
}

TEST_CASE("page view: the lasting facts of whole files are kept for the next page") {
  auto part = clip();
  part.incomplete = true;
  part.link = "part";
  auto passing = clip();
  passing.facts.code = ExitCode::child_failed;
  passing.link = "passing";
  auto bad = photo();
  bad.facts.code = ExitCode::bad_data;
  bad.facts.error = "no picture";
  bad.facts.plays_as_it_is = true;
  bad.link = "bad";
  const auto known = KnownFacts::of_page(page_of({clip(), part, passing, bad}, "t"));
  CHECK_FALSE(known.find("part", part.stamp));
  CHECK_FALSE(known.find("passing", passing.stamp));
  const auto facts = known.find("bad", bad.stamp);
  REQUIRE(facts);
  CHECK(facts->code == ExitCode::bad_data);
  CHECK(facts->error == "no picture");
  CHECK(facts->format == VideoFormat::jpeg);
  CHECK(facts->plays_as_it_is);
  const auto good = known.find(clip().link, clip().stamp);
  REQUIRE(good);
  CHECK(good->code == ExitCode::done);
  CHECK_FALSE(good->plays_as_it_is);
  auto page = page_of({clip()}, "t");
  const auto form = page.find("{\"form\":1,");
  REQUIRE(form != page.npos);
  page[form + 8] = '2'; // of another version
  CHECK_FALSE(KnownFacts::of_page(page).find(clip().link, clip().stamp));
}

} // namespace dualcam::convert::page_view_test
