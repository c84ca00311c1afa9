#include "dcam-serve/options.hpp"

#include "tools/parsed.hpp"

namespace dualcam::serve::serve_options_test {
namespace {

const CommandLine line(parse_serve_options);

Wishes wishes(std::initializer_list<Wish> of) {
  Wishes result;
  for (const auto wish : of) {
    result.add(wish);
  }
  return result;
}

} // namespace

TEST_CASE("serve options: what is given is what counts, the rest is as --help says") {
  const auto plain = line.good({});
  CHECK(plain.port == 7050);
  CHECK(plain.output == ".");
  CHECK(plain.wishes == Wishes::all());
  CHECK_FALSE(plain.camera);
  CHECK(plain.idle_timeout == std::chrono::seconds(60));
  CHECK(plain.max_file_size == std::uint64_t{1} << 30);
  CHECK(plain.min_free == std::uint64_t{200} << 20);
  CHECK(plain.max_partial_age == std::chrono::days(14));
  CHECK(plain.count == 0);
  CHECK(plain.max_connections == 0);
  CHECK_FALSE(plain.wait);
  CHECK(plain.metadata);
  CHECK_FALSE((plain.keep_listening || plain.to_stdout));
  CHECK((plain.imeis.empty() && plain.exec.empty() && plain.capture.empty()));
  const auto all = line.good({"-p",
                              "0",
                              "-b",
                              "::1",
                              "-o",
                              "d",
                              "-i",
                              "350612071913857",
                              "--imei",
                              "@list",
                              "-k",
                              "-c",
                              "3",
                              "-w",
                              "10m",
                              "--idle-timeout",
                              "500ms",
                              "--no-metadata",
                              "--if-exists",
                              "fail",
                              "--exec",
                              "up 'a b'",
                              "--capture",
                              "c.pcap",
                              "--max-connections",
                              "7",
                              "--max-file-size",
                              "64K",
                              "--min-free",
                              "0",
                              "--max-partial-age",
                              "2h"});
  CHECK(all.port == 0);
  CHECK(all.bind == "::1");
  CHECK(all.output == "d");
  CHECK(all.imeis == std::vector<std::string>{"350612071913857", "@list"});
  CHECK(all.keep_listening);
  CHECK(all.count == 3);
  CHECK(all.wait == std::chrono::minutes(10));
  CHECK(all.idle_timeout == std::chrono::milliseconds(500));
  CHECK_FALSE(all.metadata);
  CHECK(all.if_exists == IfExists::fail);
  CHECK(all.exec == std::vector<std::string>{"up", "a b"});
  CHECK(all.capture == "c.pcap");
  CHECK(all.max_connections == 7);
  CHECK(all.max_file_size == 65536);
  CHECK(all.min_free == 0);
  CHECK(all.max_partial_age == std::chrono::hours(2));
}

TEST_CASE("serve options: sources are kinds, families or groups of them, in the order of asking") {
  using enum Wish;
  for (const auto& [given, expected] :
       {std::pair("photo", wishes({front_photo, rear_photo})),
        {"video", wishes({front_video, rear_video})},
        {"front", wishes({front_photo, front_video})},
        {"rear", wishes({rear_photo, rear_video})},
        {"all", Wishes::all()},
        {"videor", wishes({rear_video})},
        {"photof,videor", wishes({front_photo, rear_video})},
        {"videor,photof", wishes({rear_video, front_photo})},
        {"adas", wishes({adas})},
        {"dsm,dashcam,path", wishes({dsm, dashcam, path})},
        {"photof,adas,photo", wishes({front_photo, adas, rear_photo})},
        {"photo videof", wishes({front_photo, rear_photo, front_video})}}) {
    CAPTURE(given);
    CHECK(line.good({"-s", given}).wishes == expected);
  }
  CHECK(line.good({"-s", "photo", "-s", "videof"}).wishes == wishes({front_video}));
  for (const auto* given : {"", "x", "photo,", ",photo", "photof,x", "PHOTO", "dualcam"}) {
    CHECK_THAT(line.bad({"-s", given}), ContainsSubstring("one or more of photof"));
  }
}

TEST_CASE("serve options: a camera hides the files of all others, wherever it is given") {
  for (const auto camera : all_cameras) {
    const std::string name(name_of(camera));
    auto expected = Wishes::all();
    expected.show_only(camera);
    CHECK(line.good({"--camera", name.c_str()}).wishes == expected);
    CHECK(line.good({"--camera", name.c_str()}).camera == camera);
    expected = wishes({Wish::adas});
    expected.show_only(camera);
    CHECK(line.good({"--camera", name.c_str(), "-s", "adas"}).wishes == expected);
  }
  CHECK(line.good({"--camera", "auto"}).wishes == Wishes::all());
  CHECK(line.good({"--camera", "dsm", "--camera", "auto"}).wishes == Wishes::all());
  CHECK_THAT(line.bad({"--camera", "x"}), ContainsSubstring("auto, dualcam, adas, dsm, dashcam"));
}

TEST_CASE("serve options: a name that is given is that of files by path as well") {
  const NameValues values{.imei = "1",
                          .time = "t",
                          .trigger_time = {},
                          .received = {},
                          .kind = "photof",
                          .camera = "dsm",
                          .path = "a/b",
                          .trigger = {},
                          .extension = ".jpg"};
  const auto plain = line.good({});
  CHECK(plain.name.expand(values) == "1/t_photof.jpg");
  CHECK(plain.name_by_path.expand(values) == "1/t_dsm.jpg");
  const auto given = line.good({"--name", "{camera}/{path}{ext}"});
  CHECK(given.name.expand(values) == "dsm/a_b.jpg");
  CHECK(given.name_by_path.expand(values) == "dsm/a_b.jpg");
}

TEST_CASE("serve options: standard output takes one file, which nothing else may want") {
  const auto options = line.good({"-o", "-", "-c", "5"});
  CHECK(options.to_stdout);
  CHECK(options.count == 1);
  CHECK_FALSE(line.good({"-o", "-", "-o", "d"}).to_stdout);
  CHECK_THAT(line.bad({"-o", "-", "-k"}), ContainsSubstring("does not go with -k"));
  CHECK_THAT(line.bad({"-o", "-", "--json"}), ContainsSubstring("both want standard output"));
  CHECK_THAT(line.bad({"-o", "-", "--exec", "up"}), ContainsSubstring("makes no file"));
  CHECK(line.good({"-o", "d", "--json", "-k", "--exec", "up"}).common.json);
}

TEST_CASE("serve options: what goes together is asked for, and what cannot be is refused") {
  CHECK_THAT(line.bad({"--idle-timeout", "0s"}), ContainsSubstring("would drop every connection"));
  CHECK(line.good({"--idle-timeout", "1ms"}).idle_timeout == std::chrono::milliseconds(1));
  CHECK_THAT(line.bad({"--tls-cert", "a"}),
             ContainsSubstring("--tls-cert: the certificate's --tls-key is missing"));
  CHECK_THAT(line.bad({"--tls-key", "a"}),
             ContainsSubstring("--tls-key: the --tls-cert that it belongs to is missing"));
  CHECK_THAT(line.bad({"--tls-client-ca", "a"}),
             ContainsSubstring("without --tls-cert and --tls-key there is no TLS"));
  const auto tls = line.good({"--tls-cert", "a", "--tls-key", "b", "--tls-client-ca", "c"}).tls;
  CHECK(tls.certificate == "a");
  CHECK(tls.key == "b");
  CHECK(tls.authorities == "c");
  CHECK_THAT(line.bad({"--metrics", "-"}), ContainsSubstring("--metrics: '-' is not accepted"));
  CHECK(line.good({"--metrics", "a"}).metrics == "a");
  const auto piped = line.good({"-o", "-"});
  CHECK(piped.to_stdout);
  CHECK(piped.count == 1);
}

TEST_CASE("serve options: paths end in NUL where that is asked for") {
  CHECK_FALSE(line.good({}).common.print0);
  CHECK(line.good({"--print0"}).common.print0);
}

TEST_CASE("serve options: a value that cannot be meant is refused, with what is accepted") {
  for (const auto& [option, value, accepted] :
       {std::tuple("-p", "65536", "a whole number from 0 to 65535"),
        {"-p", "-1", "a whole number from 0 to 65535"},
        {"-o", "", "the name of a folder"},
        {"--name", "{nonsense}", "a path such as"},
        {"-i", "3506120719138577", "15 digits, or @FILE"},
        {"-i", "@", "15 digits, or @FILE"},
        {"-i", "", "15 digits, or @FILE"},
        {"-c", "0", "a whole number from 1"},
        {"-c", "", "a whole number from 1"},
        {"-c", "1x", "a whole number from 1"},
        {"-c", "1000000000000000000", "a whole number from 1"},
        {"-w", "10", "a number with ms"},
        {"--exec", "", "a command with arguments"},
        {"--exec", "''", "a command with arguments"},
        {"--bind", "", "ADDR"}, // not all addresses, for a variable that is not set
        {"--config", "", "the name of a file"},
        {"--exec", "'a", "quoted as for a shell"},
        {"--capture", "", "the name of a file"},
        {"--max-connections", "0", "a whole number from 1 to 1000000"},
        {"--max-connections", "1000001", "a whole number from 1 to 1000000"},
        {"--max-file-size", "x", "a number of bytes"},
        {"--idle-timeout", "0", "would drop every connection"}}) {
    CAPTURE(option, value);
    CHECK_THAT(line.bad({option, value}), ContainsSubstring(accepted));
  }
  CHECK(line.good({"-p", "65535"}).port == 65535);
  CHECK(line.good({"-c", "999999999999999999"}).count == 999'999'999'999'999'999);
  CHECK(line.good({"--max-connections", "1000000"}).max_connections == 1'000'000);
}

TEST_CASE("serve options: what is said of a file that --config names is told with its line") {
  ServeOptions options;
  options.config = "serve.conf";
  options.configured = {{1, "output", "/var/spool/"}, {2, "exec", "'/opt/my hook' -v"},
                        {4, "imei", "@/etc/cameras"}, {5, "imei", "350612071913857"},
                        {6, "tls-key", "/etc/key"},   {7, "name", "{imei}"},
                        {8, "capture", std::nullopt}, {9, "min-free", "1G"}};
  const auto place = [&](std::string_view message) { return place_in_config(options, message); };
  CHECK(place("/var/spool: No such file or directory") == "serve.conf line 1: ");
  CHECK(place("cannot run /opt/my hook: No such file or directory") == "serve.conf line 2: ");
  CHECK(place("/etc/cameras, line 3: no IMEI") == "serve.conf line 4: ");
  CHECK(place("no IMEI in /etc/cameras, line 3") == "serve.conf line 4: ");
  CHECK(place("/etc/key is no key") == "serve.conf line 6: ");
  CHECK(place("--min-free: '1G' is not accepted") == "serve.conf line 9: ");
  for (const auto* none : {"/etc/keys: no file", "{imei}: no name", "-v: no option", "no: 1G",
                           "350612071913857: no list", "--min: none", ""}) {
    CAPTURE(none);
    CHECK(place(none).empty());
  }
}

} // namespace dualcam::serve::serve_options_test
