// SHA-256 of bytes as they come.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include <openssl/evp.h>

#include "dualcam/wire/bytes.hpp"
#include "dualcam/wire/error.hpp"

namespace dualcam::serve {

class Sha256 {
public:
  Sha256();
  void add(Bytes bytes);
  /// Of all; once.
  std::string hex();

private:
  struct Deleter {
    void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
  };
  std::unique_ptr<EVP_MD_CTX, Deleter> context_;
};

/// Of a whole file.
Result<std::string> sha256_of(const std::filesystem::path& path);

} // namespace dualcam::serve
