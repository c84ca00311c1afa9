// Certificates and their keys, made anew where they are used.
#pragma once

#include "tools/tls_identity.hpp"

namespace dualcam {

/// For two hours, in PEM files that are there as long as it is.
class Certificate {
public:
  /// Signed by `authority`, which outlives it, or by itself: then it may be one.
  explicit Certificate(const Certificate* authority = nullptr)
      : identity_(authority != nullptr ? "it" : "ca",
                  authority != nullptr ? &authority->identity_ : nullptr),
        files_(identity_.in(folder_, "it")) {}

  fs::path path() const { return files_.certificate; }
  fs::path key() const { return files_.key; }
  /// For whoever shows it, and believes nobody, or `authority`.
  TlsFiles files(const Certificate* authority = nullptr) const {
    return {path(), key(), authority != nullptr ? authority->path() : fs::path()};
  }
  /// SHA-256 in hex.
  std::string fingerprint() const { return identity_.fingerprint(); }

private:
  TemporaryFolder folder_;
  TlsIdentity identity_;
  TlsFiles files_;
};

} // namespace dualcam
