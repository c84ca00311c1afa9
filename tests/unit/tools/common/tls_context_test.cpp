#include "common/tls_context.hpp"

#include "tools/tls_identity.hpp"

namespace dualcam::tls_context_test {
namespace {

constexpr std::size_t mebibyte = std::size_t{1} << 20;

struct Files {
  Files() : files(identity.in(folder, "a")) {}

  std::string error() const {
    const auto made = TlsContext::server(files);
    return made ? "" : made.error().message;
  }
  /// Of the error, behind the file's name.
  std::string complaint(const std::string& name) const {
    const auto text = error();
    const auto head = (folder.path() / name).string() + ": ";
    CAPTURE(text);
    CHECK(text.starts_with(head));
    return text.substr(std::min(text.size(), head.size()));
  }
  std::string with_certificate(std::string_view text) const {
    write_file(files.certificate, text);
    return complaint("a.pem");
  }
  std::string with_key(std::string_view text) const {
    write_file(files.key, text);
    return complaint("a.key");
  }

  TlsIdentity identity{"a"};
  TemporaryFolder folder;
  TlsFiles files;
};

constexpr auto no_certificate = "no certificate in PEM form (-----BEGIN CERTIFICATE-----)";

} // namespace

TEST_CASE("TLS files: a certificate with its key, and authorities that make it ask for others'") {
  Files some;
  const auto server = TlsContext::server(some.files);
  REQUIRE(server);
  CHECK(server->get() != nullptr);
  CHECK_FALSE(server->asks_for_certificates());
  some.files.authorities = some.files.certificate;
  const auto asking = TlsContext::server(some.files);
  REQUIRE(asking);
  CHECK(asking->asks_for_certificates());
  const auto client = TlsContext::client({});
  REQUIRE(client);
  CHECK_FALSE(client->asks_for_certificates());
  CHECK(TlsContext::client({.certificate = {}, .key = {}, .authorities = some.files.certificate})
            ->asks_for_certificates());
  write_file(some.files.certificate, some.identity.key() + some.identity.certificate());
  some.files.key = some.files.certificate; // both in one
  CHECK(TlsContext::server(some.files));
  write_file(some.files.certificate, some.identity.key() + some.identity.certificate() +
                                         TlsIdentity("its authority").certificate());
  CHECK(TlsContext::server(some.files));
}

TEST_CASE("TLS files: what is wrong with a certificate is told, with the file's name") {
  const Files some;
  const auto whole = some.identity.certificate();
  CHECK(some.with_certificate("") == no_certificate);
  CHECK(some.with_certificate("nothing of the kind") == no_certificate);
  CHECK(some.with_certificate(some.identity.key()) == no_certificate);
  CHECK(some.with_certificate(whole.substr(0, whole.size() / 2)) ==
        "a certificate in it is damaged");
  CHECK(some.with_certificate(whole + whole.substr(0, whole.size() / 2)) ==
        "a certificate in it is damaged");
  CHECK(some.with_certificate(std::string(mebibyte, ' ')) == no_certificate);
  CHECK(some.with_certificate(std::string(mebibyte + 1, ' ')) ==
        "more than 1 MiB: no PEM file of certificates or of a key");
  CHECK(TlsContext::server(some.files).error().category == ErrorCategory::malformed);
}

TEST_CASE("TLS files: what cannot be read is an error of the system") {
  for (const bool folder : {true, false}) {
    Files some;
    const auto path = folder ? some.folder.path() : some.folder / "none";
    const auto told = "cannot read " + path.string() +
                      (folder ? ": Is a directory" : ": No such file or directory");
    auto& files = some.files;
    for (auto* name : {&files.certificate, &files.key, &files.authorities}) {
      const auto before = std::exchange(*name, path);
      CHECK(some.error() == told);
      *name = before;
    }
    CHECK(some.error() == "");
  }
}

TEST_CASE("TLS files: a certificate is refused before its time and after it, in a chain, too") {
  const Files some;
  const TlsIdentity old("old", nullptr, {.begin = -7200, .end = -3600});
  const TlsIdentity early("early", nullptr, {.begin = 3600, .end = 7200});
  const auto expired = some.with_certificate(old.certificate());
  CHECK(expired.starts_with("the certificate has expired on 20"));
  CHECK(expired.ends_with("Z"));
  CHECK(expired.size() ==
        std::string("the certificate has expired on 2024-10-29T12:43:42Z").size());
  CHECK(some.with_certificate(early.certificate())
            .starts_with("the certificate is not valid before 20"));
  CHECK(some.with_certificate(some.identity.certificate() + old.certificate()) == expired);
}

TEST_CASE("TLS files: what is wrong with a key is told, and never what it is") {
  const Files some;
  const auto whole = some.identity.key();
  CHECK(some.with_key("") == "no private key in PEM form (-----BEGIN PRIVATE KEY-----)");
  CHECK(some.with_key(some.identity.certificate()) ==
        "no private key in PEM form (-----BEGIN PRIVATE KEY-----)");
  CHECK(some.with_key(whole.substr(0, whole.size() / 2)) == "the private key in it is damaged");
  CHECK(some.with_key(some.identity.encrypted_key()) ==
        "the key is encrypted, and nobody is asked for a passphrase; decrypt it: openssl pkey -in "
        "FILE -out NEW");
  CHECK(some.with_key(TlsIdentity("b").key()) ==
        "the key of another certificate than " + some.files.certificate.string());
}

TEST_CASE("TLS files: a chain that begins elsewhere") {
  const Files some;
  const TlsIdentity authority("authority");
  write_file(some.files.certificate, authority.certificate() + some.identity.certificate());
  CHECK(some.complaint("a.key") == "the key of certificate 2 in " +
                                       some.files.certificate.string() +
                                       ", which has to be the first");
}

TEST_CASE("TLS files: one authority that is valid is enough") {
  Files some;
  some.files.authorities = some.folder / "ca.pem";
  const TlsIdentity old("old", nullptr, {.begin = -7200, .end = -3600});
  const TlsIdentity early("early", nullptr, {.begin = 3600, .end = 7200});
  write_file(some.files.authorities, old.certificate() + early.certificate());
  CHECK(some.complaint("ca.pem").starts_with("the certificate has expired on "));
  write_file(some.files.authorities, old.certificate() + TlsIdentity("c").certificate());
  CHECK(some.error() == "");
  write_file(some.files.authorities, "");
  CHECK(some.complaint("ca.pem") == no_certificate);
}

} // namespace dualcam::tls_context_test
