#include "dcam-crc/scrub_values.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <set>

#include "common/utf8.hpp"
#include "dualcam/files/file_kind.hpp"
#include "testing.hpp"
#include "tools/dcam-crc/scrubbed.hpp"

namespace dualcam::crc::scrub_values_test {
namespace {

bool luhn_is_right(std::uint64_t number) {
  unsigned sum = 0;
  for (bool doubled = false; number != 0; number /= 10, doubled = !doubled) {
    const auto digit = static_cast<unsigned>(number % 10);
    sum += doubled ? digit * 2 / 10 + digit * 2 % 10 : digit;
  }
  return sum % 10 == 0;
}

} // namespace

TEST_CASE("scrub values: an IMEI becomes another one, always the same") {
  Values values;
  std::set<std::uint64_t> invented;
  for (std::uint64_t imei = 350612071913857; imei < 350612071913957; ++imei) {
    const auto other = values.imei(imei);
    CHECK(other != imei);
    CHECK(other / 10'000'000'000'000 == 35);
    CHECK(luhn_is_right(other));
    CHECK(values.imei(imei) == other);
    invented.insert(other);
  }
  CHECK(invented.size() == 100);
  CHECK(values.imeis() == 100);
  CHECK(Values().imei(350612071913857) != Values().imei(350612071913857));
}

TEST_CASE("scrub values: valid positions become valid ones, others stay what they are") {
  const Values values;
  const Position vilnius{54.7004183, 25.2796514};
  const auto other = values.position(vilnius);
  CHECK(is_valid(other));
  CHECK(other.latitude != vilnius.latitude);
  CHECK(other.longitude != vilnius.longitude);
  CHECK(values.position(vilnius) == other);
  CHECK(values.position({0, 0}) == Position{0, 0});
  bool south = false;
  bool west = false;
  bool is_far = false;
  for (int i = 1; i < 90; ++i) {
    const auto invented = values.position({i * 1.0, i * 2.0});
    CHECK(is_valid(invented));
    south = south || invented.latitude < 0;
    west = west || invented.longitude < 0;
    is_far = is_far || std::abs(invented.longitude) > 80;
  }
  CHECK((south && west && is_far));
  CHECK(is_valid(values.position({90, 180})));
  CHECK(values.position({90.1, 10}).latitude > 90);
  CHECK(std::abs(values.position({90.1, 10}).longitude) < 180);
  CHECK(values.position({10, -180.1}).longitude > 180);
  CHECK(is_valid({values.position({10, -180.1}).latitude, 0}));
  constexpr auto none = std::numeric_limits<double>::quiet_NaN();
  CHECK(std::isnan(values.position({none, 10}).latitude));
  CHECK(std::isnan(values.position({10, none}).longitude));
  CHECK_FALSE(std::isnan(values.position({10, none}).latitude));
}

TEST_CASE("scrub values: bytes that are no characters become others, each of them") {
  for (const char byte : {'\x80', '\xBF', '\xC0', '\xFF'}) {
    CAPTURE(static_cast<int>(byte));
    bool in_text = false;
    bool in_path = false;
    for (int attempt = 0; attempt < 40; ++attempt) { // one of 64 stays what it is
      Values values;
      const auto text = std::string("a") + byte + "1";
      CHECK(values.text(text).size() == text.size());
      CHECK(values.path(text).size() == text.size());
      in_text = in_text || values.text(text)[1] != byte;
      in_path = in_path || values.path(text)[1] != byte;
    }
    CHECK(in_text);
    CHECK(in_path);
  }
}

TEST_CASE("scrub values: of text letters become letters, and digits digits") {
  const Values values;
  const std::string name = "Doe, John (AZ-az 09); B.4";
  const auto other = values.text(name);
  CHECK(shape_of(other) == shape_of(name));
  CHECK(same(other, name) == 10); // signs and blanks
  CHECK(values.text(name) == other);
  CHECK(values.text("").empty());
  const std::string foreign = "J\xC3\xB6hn \xE9\x81\x93 \xF0\xA0\x80\x80";
  const auto letters = values.text(foreign);
  CHECK(letters.size() == foreign.size());
  CHECK(utf8_or_latin1(letters) == letters);
  CHECK(letters.substr(0, 3).find("J\xC3\xB6") == std::string::npos);
  CHECK(values.text("a\xFF!").size() == 3);
  CHECK(values.text("a\xFF!").ends_with('!'));
  const auto much = values.text(std::string(20'000, 'x') + std::string(20'000, 'X'));
  CHECK(much.find_first_of("dmpvDMPVxX") == std::string::npos); // of dsm, mdas, picture, video
  CHECK(std::set(much.begin(), much.end()).size() == 42);
}

TEST_CASE("scrub values: numbers of degrees stay such numbers") {
  const Values values;
  for (const auto* zero : {"0", "0.000000", "-0.0", "+0", "0.0e5", "0E5", "00"}) {
    CHECK(values.coordinate(zero, true) == zero);
    CHECK(values.coordinate(zero, false) == zero);
  }
  for (const auto* number : {"54.700418", "-25.279651", "9", "179.999999", "-100.5", "101", "0.54",
                             "1e1", "1.5E+01", "120.5", "111.1", "88.8"}) {
    const std::string text = number;
    const auto other = values.coordinate(text, false);
    CAPTURE(text, other);
    CHECK(shape_of(other) == shape_of(text));
    CHECK(other != text);
    CHECK(std::abs(std::stod(other)) < 180);
    CHECK(values.coordinate(text, false) == other);
    const auto exponent = text.find_first_of("eE");
    if (exponent != std::string::npos) {
      CHECK(other.substr(exponent) == text.substr(exponent));
    }
  }
  std::set<char> tens;
  std::set<char> ones;
  for (int i = 0; i < 400; ++i) {
    const auto fraction = std::to_string(i + 100);
    CHECK(std::stod(values.coordinate("89." + fraction, true)) < 90);
    const auto longitude = values.coordinate("179." + fraction, false);
    CHECK(longitude[0] == '1');
    CHECK(same(longitude, "179." + fraction) == 2); // hundreds, and the point
    tens.insert(longitude[1]);
    ones.insert(longitude[2]);
  }
  CHECK(tens == std::set{'0', '1', '2', '3', '4', '5', '6'});
  CHECK(ones.size() == 9);
  CHECK(values.coordinate("54.7", true) != values.coordinate("54.7", false));
}

TEST_CASE("scrub values: of a path the words that tell camera and medium stay") {
  Values values;
  const std::string path = "dsm/picture/231020/231452.jpg";
  const auto other = values.path(path);
  CHECK(other != path);
  CHECK(other.starts_with("dsm/picture/"));
  CHECK(other.ends_with(".jpg"));
  CHECK(shape_of(other) == shape_of(path));
  CHECK(values.path(path) == other);
  const auto numbers = [&](std::size_t at) { return std::stoi(other.substr(at, 2)); };
  for (const std::size_t at : {12U, 19U}) { // both may be dates, or times
    CHECK((numbers(at) >= 10 && numbers(at) < 24));
    CHECK((numbers(at + 2) >= 1 && numbers(at + 2) <= 12));
    CHECK((numbers(at + 4) >= 1 && numbers(at + 4) <= 28));
  }
  CHECK(values.path(path + '\0') == other + '\0');
  CHECK(values.paths() == 1);
  for (const auto* word : {"dualcam_front", "dualcam_rear", "dashcam", "mdas9", "video", "dsm"}) {
    CHECK(values.path("plate/" + std::string(word) + "/x").find(word) == 6);
  }
  CHECK(values.path("plate/abc.jpeg").ends_with(".jpeg"));
  CHECK_FALSE(values.path("plate/abc.plates").ends_with(".plates"));
  CHECK_FALSE(values.path("my.plate/abc.jpg").starts_with("my.plate"));
  const std::string foreign = "\xC3\xB6\xE9\x81\x93/a.jpg";
  CHECK(values.path(foreign).size() == foreign.size());
  CHECK(utf8_or_latin1(values.path(foreign)) == values.path(foreign));
  CHECK(values.path(foreign).substr(0, 5) != foreign.substr(0, 5));
}

TEST_CASE("scrub values: many paths as long as they can be take no time that is noticed") {
  Values values;
  constexpr std::size_t longest = 65'535;
  for (int i = 0; i < 50; ++i) {
    auto path = std::to_string(i) + '/' + std::string(longest, i % 2 == 0 ? 'x' : '7');
    path.resize(longest);
    const auto other = values.path(path);
    CHECK((other != path && shape_of(other) == shape_of(path))); // not printed
  }
}

TEST_CASE("scrub values: six digits that are a date or a time become one, others any digits") {
  Values values;
  for (int i = 0; i < 40; ++i) {
    const auto number = std::to_string(i);
    for (const auto* moment : {"991231/", "000101/", "235959/", "000000/", "/001231/"}) {
      const auto other = values.path(moment + number);
      const auto six = other.substr(other[0] == '/' ? 1 : 0, 6);
      CHECK(shape_of(six) == "999999");
      CHECK((six.substr(0, 2) >= "10" && six.substr(0, 2) <= "23"));
      CHECK((six.substr(2, 2) >= "01" && six.substr(2, 2) <= "12"));
      CHECK((six.substr(4) >= "01" && six.substr(4) <= "28"));
    }
    for (const std::string none :
         {"991332x", "240060x", "246000x", "236060x", "991301x", "990100x", "990031x", "2312311",
          "1231231", "23123x", "991232x", "235960x", "236000x"}) {
      const auto other = values.path(none + number);
      CHECK(same(other, none + number) == 0); // each digit is another one
    }
  }
}

TEST_CASE("scrub values: different paths become different ones, as long as there are some") {
  Values values;
  std::set<std::string> invented;
  for (char c = 'a'; c <= 'j'; ++c) {
    invented.insert(values.path(std::string(1, c)));
  }
  CHECK(invented.size() == 10);
  for (char c = 'k'; c <= 'z'; ++c) {
    values.path(std::string(1, c));
  }
  CHECK(values.paths() == 26); // for which there are 22
}

TEST_CASE("scrub values: what a server asks for is what was offered") {
  Values values;
  for (const auto kind : all_file_kinds) {
    CHECK(values.request(identifier_of(kind)) == identifier_of(kind));
  }
  const std::string path = "dsm/secret/231020.jpg";
  const auto other = values.path(path);
  CHECK(values.request(path) == other);
  CHECK(values.request(path.substr(0, short_request_size)) == other.substr(0, short_request_size));
  CHECK(values.paths() == 1);
  const std::string longer = path.substr(0, short_request_size + 1);
  CHECK(values.request(longer).size() == longer.size());
  CHECK(values.paths() == 2);
  CHECK(values.request("zzzzzzz") != "zzzzzzz");
  CHECK(values.request(path.substr(0, short_request_size - 1)).size() == short_request_size - 1);
  CHECK(values.request("aaaaaaa").size() == 7); // a path comes behind it, and is another
  CHECK(values.paths() == 5);
}

TEST_CASE("scrub values: addresses become those for tests, and none that the capture has") {
  Values values;
  values.found(Endpoint::v4(0xC612'0002, 0));
  const auto first = values.address(Endpoint::v4(0x0A00'0001, 7050));
  const auto second = values.address(Endpoint::v4(0x0A00'0002, 40'000));
  CHECK(format_endpoint(first) == "198.18.0.1:7050");
  CHECK(format_endpoint(second) == "198.18.0.3:40000"); // the second one is taken
  CHECK(values.address(Endpoint::v4(0x0A00'0001, 80)) == Endpoint{first.address, 80});
  Endpoint v6;
  v6.address[0] = std::byte{0x20};
  v6.address[15] = std::byte{9};
  v6.port = 5;
  CHECK(format_endpoint(values.address(v6)) == "[2001:db8::4]:5");
  CHECK(values.addresses() == 3);
}

} // namespace dualcam::crc::scrub_values_test
