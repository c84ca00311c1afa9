#include "dcam-serve/allow_list.hpp"

#include "temporary_folder.hpp"

namespace dualcam::serve::allow_list_test {
namespace {

constexpr std::uint64_t camera = 350612071913857;
constexpr std::uint64_t other = 350612071913858;
const std::string fingerprint(64, 'a');
const std::string second(64, '0');

/// A list of one file with this content.
struct Listed {
  explicit Listed(std::string_view content) {
    write_file(path, content);
    list = AllowList::load({"@" + path});
  }

  TemporaryFolder folder;
  std::string path = (folder / "cameras").string();
  Result<AllowList> list;
};

AllowList listed(std::string_view content) {
  const Listed listed(content);
  REQUIRE(listed.list);
  return *listed.list;
}

/// What is said against it, without the path of its file.
std::string refused(std::string_view content) {
  const Listed listed(content);
  REQUIRE_FALSE(listed.list);
  CHECK(listed.list.error().category == ErrorCategory::malformed);
  return listed.list.error().message.substr(listed.path.size());
}

std::string in_pairs(std::string digits, char between) {
  for (std::size_t at = digits.size() - 2; at > 0; at -= 2) {
    digits.insert(at, 1, between);
  }
  return digits;
}

} // namespace

TEST_CASE("allow list: without one everybody may come, otherwise who is named") {
  const auto everybody = AllowList::load({});
  REQUIRE(everybody);
  CHECK(everybody->allows(camera));
  CHECK(everybody->allows(camera, ""));
  CHECK_FALSE(everybody->ties_certificates());
  const auto one = AllowList::load({"350612071913857"});
  REQUIRE(one);
  CHECK(one->allows(camera));
  CHECK(one->allows(camera, fingerprint)); // any certificate will do, or none
  CHECK_FALSE(one->allows(other));
  CHECK_FALSE(one->allows(other, fingerprint));
}

TEST_CASE("allow list: a file has an IMEI a line, and comments") {
  const auto list = listed("# ours\n\n \t\r\n  350612071913857\t# no. 1\r\n");
  CHECK(list.allows(camera));
  CHECK_FALSE(list.allows(other));
  CHECK_FALSE(list.ties_certificates());
  const std::string mark = "\xEF\xBB\xBF"; // of Windows' editor
  CHECK(listed(mark + "350612071913857\r\n").allows(camera));
  CHECK_FALSE(listed("").allows(camera)); // a list that is empty is still one
  const Listed file("350612071913857");   // without a line's end
  const auto both = AllowList::load({"350612071913858", "@" + file.path});
  REQUIRE(both);
  CHECK(both->allows(camera));
  CHECK(both->allows(other));
}

TEST_CASE("allow list: an IMEI comes with one of its certificates alone") {
  const auto list = listed("350612071913857 " + fingerprint + "\n350612071913858\n" +
                           "350612071913857\t" + second + "\n");
  CHECK(list.ties_certificates());
  CHECK(list.allows(camera)); // as far as its IMEI goes
  CHECK(list.allows(camera, fingerprint));
  CHECK(list.allows(camera, second));
  CHECK_FALSE(list.allows(camera, ""));
  CHECK_FALSE(list.allows(camera, std::string(64, 'b')));
  CHECK(list.allows(other, ""));
}

TEST_CASE("allow list: fingerprints as openssl and others print them") {
  const std::string upper(64, 'A');
  for (const auto& spelling :
       {in_pairs(upper, ':'), in_pairs(upper, ' '), "sha256 Fingerprint=" + in_pairs(upper, ':'),
        "SHA256:" + upper, "SHA-256: " + fingerprint}) {
    CAPTURE(spelling);
    CHECK(listed("350612071913857 " + spelling).allows(camera, fingerprint));
  }
}

TEST_CASE("allow list: a line that is neither is told with its number") {
  CHECK(refused("# one\n350612071913857\n35061207191385\n") ==
        " line 3: '35061207191385' is no IMEI (15 digits), alone or before the SHA-256 fingerprint "
        "of a certificate (64 hex digits)");
  for (const auto& line : {"0350612071913857", "35061207191385x", "350612071913857x",
                           "350612071913857,", "350612071913857 abc", "350612071913857#ours"}) {
    CAPTURE(line);
    CHECK(refused(line).starts_with(" line 1: '" + std::string(line) + "' is no IMEI"));
  }
  for (const auto& digits : {fingerprint + "aa", fingerprint.substr(1), 'g' + second.substr(1)}) {
    CHECK(refused("350612071913857 " + digits).starts_with(" line 1: '350612071913857 "));
  }
  const auto told = refused(std::string(1000, 'x'));
  CHECK(told.starts_with(" line 1: '" + std::string(128, 'x') + "' is no IMEI"));
}

TEST_CASE("allow list: a file that cannot be read is named") {
  const auto missing = AllowList::load({"350612071913857", "@/no/such/file"});
  REQUIRE_FALSE(missing);
  CHECK(missing.error().message == "cannot read /no/such/file: No such file or directory");
  const TemporaryFolder folder;
  const auto directory = AllowList::load({"@" + folder.path().string()});
  REQUIRE_FALSE(directory);
  CHECK(directory.error().message.ends_with(": Is a directory"));
  const auto endless = AllowList::load({"@/dev/zero"});
  REQUIRE_FALSE(endless);
  CHECK(endless.error().message == "cannot read /dev/zero: longer than 64 MiB");
}

} // namespace dualcam::serve::allow_list_test
